DROP INDEX notice_recent;
