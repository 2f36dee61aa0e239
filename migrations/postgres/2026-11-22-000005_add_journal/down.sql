DROP TABLE journal_entry;
