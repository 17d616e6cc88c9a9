-- Orders through all their moves: what an order became, when it is due, and where its parcel is.

ALTER TABLE exchange_orders
  ADD COLUMN version INT NOT NULL DEFAULT 1,
  ADD COLUMN settling BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN needs_review BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN failure_code VARCHAR(32) NULL,
  ADD COLUMN carrier VARCHAR(60) NULL,
  ADD COLUMN shipped_at DATETIME(3) NULL,
  ADD COLUMN completed_at DATETIME(3) NULL,
  ADD COLUMN return_asked_at DATETIME(3) NULL,
  ADD COLUMN return_reason VARCHAR(200) NULL,
  ADD COLUMN returned_at DATETIME(3) NULL;

-- What is due by itself: a hold's release, an order's completion. A table of its own, so that an order which waits for
-- nothing pays for no index.
CREATE TABLE order_timers (
  order_id VARCHAR(36) NOT NULL,
  due_at DATETIME(3) NOT NULL,
  PRIMARY KEY (order_id),
  KEY idx_due_at (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Append-only: the parcel's way. version is the order's, after the move that told of it: no two rows of an order at once.
CREATE TABLE order_tracking (
  order_id VARCHAR(36) NOT NULL,
  version INT NOT NULL,
  delivery_status TINYINT NOT NULL,
  description VARCHAR(200) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (order_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
