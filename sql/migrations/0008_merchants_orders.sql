-- A merchant's orders, by what each says itself: its product may be another merchant's by now.

ALTER TABLE exchange_orders
  ADD KEY idx_merchant_id (merchant_id);
