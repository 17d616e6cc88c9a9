-- The log of sagas: an order's points in another database. A row is written by the transaction that moves the order,
-- and says what is still to be done there, how often it was tried, and when it is tried again.
-- kind: 1 take points, 2 give points. state: 0 forward, 1 back (compensating), 2 done, 3 refused, 4 stuck.
-- finish: what becomes of an order whose points were taken: 0 held, 1 confirmed.

CREATE TABLE sagas (
  id VARCHAR(36) NOT NULL,
  kind TINYINT NOT NULL,
  state TINYINT NOT NULL DEFAULT 0,
  finish TINYINT NOT NULL DEFAULT 0,
  order_id VARCHAR(36) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  points BIGINT NOT NULL,
  type VARCHAR(32) NOT NULL,
  description VARCHAR(255) NOT NULL,
  caller VARBINARY(80) NULL,
  idem_key VARBINARY(64) NULL,
  fingerprint VARBINARY(32) NULL,
  attempts INT NOT NULL DEFAULT 0,
  next_at DATETIME(3) NOT NULL,
  held_by VARCHAR(36) NULL,
  last_error VARCHAR(200) NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY idx_order_id (order_id),
  KEY idx_state_next (state, next_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
