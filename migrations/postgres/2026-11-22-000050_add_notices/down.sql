DROP TABLE notification_settings;
DROP TABLE notice;
