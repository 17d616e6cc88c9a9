-- The log of sagas: an order's points in another database. A row is written by the transaction that moves the order,
-- and says what is still to be done there, how often it was tried, and when it is tried again.
-- kind: 1 take points, 2 give points. state: 0 forward, 1 back (compensating), 2 done, 3 refused (the order is cancelled),
-- 4 stuck. confirm: whether an order whose points were taken is then confirmed, or held.

CREATE TABLE sagas (
  id VARCHAR(36) NOT NULL,
  kind TINYINT NOT NULL,
  state TINYINT NOT NULL DEFAULT 0,
  confirm BOOLEAN NOT NULL,
  order_id VARCHAR(36) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  points BIGINT NOT NULL,
  description VARCHAR(255) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  next_at DATETIME(3) NOT NULL,
  held_by VARCHAR(36) NULL,
  last_error VARCHAR(200) NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_order_kind (order_id, kind),
  KEY idx_state_next (state, next_at),
  CONSTRAINT sagas_points CHECK (points > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What the key of a saga's request is answered by if the saga outlives the request: that it is settling. While this row
-- is there, the key may have no answer; it goes with the saga's end.
CREATE TABLE saga_answers (
  saga_id VARCHAR(36) NOT NULL,
  caller VARBINARY(80) NOT NULL,
  idem_key VARBINARY(64) NOT NULL,
  fingerprint VARBINARY(32) NOT NULL,
  status SMALLINT NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (saga_id),
  KEY idx_key (caller, idem_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
