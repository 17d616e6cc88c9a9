-- Points that expire, and changes of points that their source makes unique.
--
-- points_out is the running total of all points that ever left a balance. A lot is a stretch of that total: the points
-- on it expire at a time. Spending raises the total and touches no lot; what of a lot is unspent when its time comes is
-- what of its stretch the total has not passed. Points on no lot never expire.

ALTER TABLE users
  ADD COLUMN points_out BIGINT NOT NULL DEFAULT 0,
  ADD KEY idx_blocked_at (blocked_at);

UPDATE users u JOIN (SELECT user_id, -SUM(points) AS points_out FROM points_records WHERE points < 0 GROUP BY user_id) AS r
  ON r.user_id = u.id
SET u.points_out = r.points_out;

-- spent_from: where on the running total the points of this record began to leave. Records of before have none: their
-- points were of the kind that never expires.
ALTER TABLE points_records
  ADD COLUMN spent_from BIGINT NULL;

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

-- One row a source ('award:<payment>:<rule>', 'refund:<order>', …): whatever comes twice changes nothing the second time.
-- outcome: 1 done, by the record; 2 barred: it must not happen any more.
CREATE TABLE points_sources (
  source VARBINARY(200) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  outcome TINYINT NOT NULL,
  record_id VARCHAR(36) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (source),
  KEY idx_user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What `pointsmall import` has read and not yet brought in: a line of a file each. Empty but while it runs.
CREATE TABLE import_accounts (
  file INT NOT NULL,
  line BIGINT NOT NULL,
  openid VARBINARY(64) NOT NULL,
  unionid VARBINARY(64) NULL,
  nickname VARCHAR(64) NOT NULL,
  balance BIGINT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  done BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (file, line),
  KEY idx_openid (openid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE import_records (
  file INT NOT NULL,
  line BIGINT NOT NULL,
  id VARCHAR(36) NOT NULL,
  openid VARBINARY(64) NOT NULL,
  type VARCHAR(32) NOT NULL,
  points BIGINT NOT NULL,
  description VARCHAR(255) NOT NULL,
  related_id VARCHAR(36) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (file, line),
  KEY idx_id (id),
  KEY idx_openid (openid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
