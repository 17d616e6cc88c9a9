-- What the last whole run of verify found, a row a check: operators and monitoring read it here.

CREATE TABLE verify_results (
  invariant VARCHAR(40) NOT NULL,
  breaches BIGINT NOT NULL,
  took_us BIGINT NOT NULL,
  checked_at DATETIME(3) NOT NULL,
  PRIMARY KEY (invariant)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
