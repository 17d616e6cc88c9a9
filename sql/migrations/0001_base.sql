-- The tables of the mall. Names, columns and types of products, product_categories,
-- exchange_orders and inventory_records are the business's; what it did not name is marked "added".
--
-- utf8mb4_bin everywhere: a case-folding, space-padding collation would merge accounts.
-- TIMESTAMP where the business's design says so; times that the program computes with are DATETIME in UTC.
-- A CHECK stands behind every guard of the program, never alone.

CREATE TABLE merchants (
  id VARCHAR(36) NOT NULL,
  name VARCHAR(100) NOT NULL,
  logo VARCHAR(500) NULL,
  points_rate INT NULL,
  delivery_days INT NOT NULL DEFAULT 3,
  status TINYINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  CONSTRAINT merchants_rate CHECK (points_rate >= 0),
  CONSTRAINT merchants_days CHECK (delivery_days >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE product_categories (
  id VARCHAR(36) NOT NULL,
  name VARCHAR(100) NOT NULL,
  description TEXT NULL,
  icon VARCHAR(500) NULL,
  parent_id VARCHAR(36) NULL,
  level INT NOT NULL DEFAULT 1,
  sort_order INT NOT NULL DEFAULT 0,
  status TINYINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY idx_parent_id (parent_id),
  KEY idx_level (level),
  KEY idx_sort_order (sort_order)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Added: merchant_id … version. stock_quantity is what is available; reserved_quantity is what pending
-- orders hold; stock_seq numbers this product's rows in inventory_records without a gap.
CREATE TABLE products (
  id VARCHAR(36) NOT NULL,
  name VARCHAR(200) NOT NULL,
  description TEXT NULL,
  category_id VARCHAR(36) NOT NULL,
  points_price INT NOT NULL,
  original_price DECIMAL(10,2) NULL,
  stock_quantity INT NOT NULL DEFAULT 0,
  sales_count INT NOT NULL DEFAULT 0,
  images JSON NULL,
  specifications JSON NULL,
  is_hot BOOLEAN NOT NULL DEFAULT FALSE,
  is_new BOOLEAN NOT NULL DEFAULT FALSE,
  status TINYINT NOT NULL DEFAULT 1,
  sort_order INT NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  merchant_id VARCHAR(36) NULL,
  purchase_limit INT NULL,
  available_from DATETIME NULL,
  available_until DATETIME NULL,
  deleted_at DATETIME NULL,
  reserved_quantity INT NOT NULL DEFAULT 0,
  stock_seq INT NOT NULL DEFAULT 0,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (id),
  KEY idx_category_id (category_id),
  KEY idx_points_price (points_price),
  KEY idx_status (status),
  KEY idx_is_hot (is_hot),
  KEY idx_sales_count (sales_count),
  KEY idx_sort_order (sort_order),
  KEY idx_merchant_id (merchant_id),
  CONSTRAINT products_price CHECK (points_price > 0),
  CONSTRAINT products_stock CHECK (stock_quantity >= 0),
  CONSTRAINT products_reserved CHECK (reserved_quantity >= 0),
  CONSTRAINT products_limit CHECK (purchase_limit >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- points_seq numbers this user's rows in points_records without a gap. While points_debt stands
-- (from refunds of points already spent) nothing can be exchanged.
CREATE TABLE users (
  id VARCHAR(36) NOT NULL,
  openid VARBINARY(64) NULL,
  unionid VARBINARY(64) NULL,
  nickname VARCHAR(64) NOT NULL DEFAULT '',
  avatar VARCHAR(500) NULL,
  points_balance BIGINT NOT NULL DEFAULT 0,
  points_debt BIGINT NOT NULL DEFAULT 0,
  points_seq BIGINT NOT NULL DEFAULT 0,
  points_earned BIGINT NOT NULL DEFAULT 0,
  points_spent BIGINT NOT NULL DEFAULT 0,
  personalized BOOLEAN NOT NULL DEFAULT TRUE,
  terms_version VARCHAR(32) NULL,
  terms_agreed_at DATETIME(3) NULL,
  blocked_at DATETIME(3) NULL,
  blocked_reason VARCHAR(200) NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_openid (openid),
  KEY idx_unionid (unionid),
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
  PRIMARY KEY (id),
  UNIQUE KEY uq_user_seq (user_id, seq),
  KEY idx_related_id (related_id),
  CONSTRAINT points_records_balance CHECK (balance_after >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Added: merchant_id … cancel_reason. product_snapshot is the product as it was shown when it was exchanged.
CREATE TABLE exchange_orders (
  id VARCHAR(36) NOT NULL,
  order_no VARCHAR(32) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  product_id VARCHAR(36) NOT NULL,
  product_name VARCHAR(200) NOT NULL,
  quantity INT NOT NULL,
  points_cost INT NOT NULL,
  status TINYINT NOT NULL DEFAULT 0,
  delivery_info JSON NULL,
  tracking_no VARCHAR(100) NULL,
  delivery_status TINYINT NOT NULL DEFAULT 0,
  exchanged_at TIMESTAMP NULL DEFAULT NULL,
  delivered_at TIMESTAMP NULL DEFAULT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  merchant_id VARCHAR(36) NULL,
  category_id VARCHAR(36) NOT NULL,
  unit_points INT NOT NULL,
  product_snapshot JSON NOT NULL,
  source VARCHAR(32) NULL,
  estimated_delivery DATETIME NULL,
  expires_at DATETIME(3) NULL,
  cancelled_at DATETIME(3) NULL,
  cancel_reason VARCHAR(200) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_order_no (order_no),
  KEY idx_user_id (user_id),
  KEY idx_product_id (product_id),
  KEY idx_status (status),
  KEY idx_created_at (created_at),
  CONSTRAINT exchange_orders_quantity CHECK (quantity > 0),
  CONSTRAINT exchange_orders_cost CHECK (points_cost > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Added: seq. Append-only like points_records. change_type: 1 in, 2 out, 3 reserve, 4 release.
CREATE TABLE inventory_records (
  id VARCHAR(36) NOT NULL,
  product_id VARCHAR(36) NOT NULL,
  change_type TINYINT NOT NULL,
  quantity_change INT NOT NULL,
  stock_after INT NOT NULL,
  related_order_id VARCHAR(36) NULL,
  operator_id VARCHAR(36) NULL,
  description VARCHAR(200) NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  seq INT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_product_seq (product_id, seq),
  KEY idx_product_id (product_id),
  KEY idx_change_type (change_type),
  KEY idx_related_order_id (related_order_id),
  KEY idx_created_at (created_at),
  CONSTRAINT inventory_records_stock CHECK (stock_after >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a user has taken of a product in all, less what came back: purchase limits are held against
-- this row, never against a COUNT. Kept for every product, so that a limit set later counts earlier orders.
CREATE TABLE purchase_counters (
  user_id VARCHAR(36) NOT NULL,
  product_id VARCHAR(36) NOT NULL,
  quantity INT NOT NULL,
  PRIMARY KEY (user_id, product_id),
  CONSTRAINT purchase_counters_quantity CHECK (quantity >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A key is claimed first thing in the transaction whose effect it guards; its answer is stored by
-- the same transaction last. A claim without an answer is never committed.
CREATE TABLE idempotency_keys (
  caller VARBINARY(80) NOT NULL,
  idem_key VARBINARY(64) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (caller, idem_key),
  KEY idx_created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE idempotency_answers (
  caller VARBINARY(80) NOT NULL,
  idem_key VARBINARY(64) NOT NULL,
  fingerprint VARBINARY(32) NOT NULL,
  status SMALLINT NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (caller, idem_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- state: 0 to deliver, 1 delivered to every consumer, 2 dead (given up; an operator may retry).
-- aggregate is the id whose events must arrive in order; its row lock is held when the event is
-- written, so seq orders them.
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

-- An event is applied by a consumer in the transaction that adds its row here: exactly once.
CREATE TABLE consumed_events (
  consumer VARCHAR(32) NOT NULL,
  event_id VARCHAR(36) NOT NULL,
  consumed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (consumer, event_id),
  KEY idx_consumed_at (consumed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a user exchanges for, by category: the profile consumer's own table.
CREATE TABLE user_preferences (
  user_id VARCHAR(36) NOT NULL,
  category_id VARCHAR(36) NOT NULL,
  exchanges INT NOT NULL,
  points_spent BIGINT NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id, category_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a task: whoever holds it runs the task; any number of jobs hosts share them.
CREATE TABLE job_leases (
  task VARCHAR(32) NOT NULL,
  holder VARCHAR(64) NOT NULL,
  held_until DATETIME(3) NOT NULL,
  PRIMARY KEY (task)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a login; access tokens name it, so that a logout stops them too.
CREATE TABLE token_families (
  id VARCHAR(36) NOT NULL,
  user_id VARCHAR(36) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  revoked_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY idx_user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Refresh tokens are opaque; only their SHA-256 is kept.
CREATE TABLE refresh_tokens (
  token_hash VARBINARY(32) NOT NULL,
  family_id VARCHAR(36) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  used_at DATETIME(3) NULL,
  successor_hash VARBINARY(32) NULL,
  PRIMARY KEY (token_hash),
  KEY idx_family_id (family_id),
  KEY idx_expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What workers refuse although its signature is good: 'u:<user id>' or 'f:<family id>'.
CREATE TABLE revocations (
  subject VARCHAR(40) NOT NULL,
  expires_at DATETIME(3) NULL,
  PRIMARY KEY (subject),
  KEY idx_expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
