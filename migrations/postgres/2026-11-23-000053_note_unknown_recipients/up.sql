-- When the carrier said that it does not know the recipient. Then it has nothing of the letter, which goes another way.
ALTER TABLE handover ADD COLUMN unknown_at timestamptz;
