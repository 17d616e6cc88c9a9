-- Tracking numbers, to be found by: a table of its own, so that an order which is not shipped pays for no index.

CREATE TABLE order_parcels (
  order_id VARCHAR(36) NOT NULL,
  tracking_no VARCHAR(100) NOT NULL,
  PRIMARY KEY (order_id),
  KEY idx_tracking_no (tracking_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO order_parcels (order_id, tracking_no)
SELECT id, tracking_no FROM exchange_orders WHERE tracking_no IS NOT NULL;
