-- What operators need: rows that know their version, thresholds, and who changed what.

ALTER TABLE products
  ADD COLUMN alert_threshold INT NULL,
  ADD CONSTRAINT products_threshold CHECK (alert_threshold >= 0);
ALTER TABLE product_categories
  ADD COLUMN version INT NOT NULL DEFAULT 1;
ALTER TABLE users
  ADD COLUMN version INT NOT NULL DEFAULT 1,
  ADD KEY idx_nickname (nickname);

-- Append-only: each operator's change, written by the transaction that makes it.
CREATE TABLE audit_log (
  id VARCHAR(36) NOT NULL,
  actor VARCHAR(80) NOT NULL,
  role VARCHAR(16) NOT NULL,
  merchant_id VARCHAR(36) NULL,
  action VARCHAR(64) NOT NULL,
  subject VARCHAR(32) NOT NULL,
  subject_id VARCHAR(36) NOT NULL,
  before_state JSON NULL,
  after_state JSON NULL,
  request_id VARCHAR(64) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY idx_subject (subject_id, id),
  KEY idx_actor (actor, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
