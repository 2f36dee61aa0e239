DROP TABLE webhook_delivery;
DROP TABLE webhook_key;
DROP TABLE webhook;
