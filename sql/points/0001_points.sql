-- The points in a database of their own ([points] dsn): what of the mall's schema is theirs, with the same names and types,
-- so that the same statements run in either place. A user's row holds the account alone.
--
-- blocked_at is never set here: who is blocked is known to the mall, which guards the order.

CREATE TABLE users (
  id VARCHAR(36) NOT NULL,
  points_balance BIGINT NOT NULL DEFAULT 0,
  points_debt BIGINT NOT NULL DEFAULT 0,
  points_seq BIGINT NOT NULL DEFAULT 0,
  points_earned BIGINT NOT NULL DEFAULT 0,
  points_spent BIGINT NOT NULL DEFAULT 0,
  points_out BIGINT NOT NULL DEFAULT 0,
  blocked_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  CONSTRAINT users_balance CHECK (points_balance >= 0),
  CONSTRAINT users_debt CHECK (points_debt >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Append-only; the program's database user may neither change nor delete here.
CREATE TABLE points_records (
  id VARCHAR(36) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  seq BIGINT NOT NULL,
  type VARCHAR(32) NOT NULL,
  points BIGINT NOT NULL,
  balance_after BIGINT NOT NULL,
  description VARCHAR(255) NOT NULL,
  related_id VARCHAR(36) NULL,
  created_at DATETIME(3) NOT NULL,
  spent_from BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_user_seq (user_id, seq),
  KEY idx_related_id (related_id),
  CONSTRAINT points_records_balance CHECK (balance_after >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE points_lots (
  id VARCHAR(36) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  closed_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY idx_user_ends (user_id, ends_at),
  KEY idx_closed_expires (closed_at, expires_at, user_id, ends_at),
  CONSTRAINT points_lots_stretch CHECK (starts_at < ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a source; outcome: 1 done, by the record; 2 barred: it must not happen any more. A saga's are 'take:<order>', barred
-- where the points were not enough or were given up before they were taken, and 'refund:<order>'.
CREATE TABLE points_sources (
  source VARBINARY(200) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  outcome TINYINT NOT NULL,
  record_id VARCHAR(36) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (source),
  KEY idx_user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The events of the points: written with the change that they tell, delivered by the mall's jobs.
CREATE TABLE outbox (
  seq BIGINT NOT NULL AUTO_INCREMENT,
  event_id VARCHAR(36) NOT NULL,
  event_type VARCHAR(64) NOT NULL,
  source VARCHAR(32) NOT NULL,
  targets JSON NOT NULL,
  aggregate VARCHAR(36) NOT NULL,
  payload JSON NOT NULL,
  created_at DATETIME(3) NOT NULL,
  state TINYINT NOT NULL DEFAULT 0,
  attempts INT NOT NULL DEFAULT 0,
  next_at DATETIME(3) NOT NULL,
  last_error VARCHAR(200) NULL,
  PRIMARY KEY (seq),
  UNIQUE KEY uq_event_id (event_id),
  KEY idx_state_seq (state, seq),
  KEY idx_aggregate_state (aggregate, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
