-- What operators need: rows that know their version, thresholds, and who changed what.

ALTER TABLE products
  ADD COLUMN alert_threshold INT NULL,
  ADD KEY idx_alert_threshold (alert_threshold),
  ADD CONSTRAINT products_threshold CHECK (alert_threshold >= 0);

-- uses counts how often a product was put into the category. It is raised by whoever puts one there, so that the category
-- cannot be deleted in the same moment: one of the two has to wait for the row, on any node of a cluster.
ALTER TABLE product_categories
  ADD COLUMN version INT NOT NULL DEFAULT 1,
  ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;

-- One row, raised by every change of the tree before it looks at the tree: changes so follow one another.
CREATE TABLE category_tree (
  id TINYINT NOT NULL,
  changes BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO category_tree (id) VALUES (1);

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
