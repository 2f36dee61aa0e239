DROP INDEX message_withheld_from_parents;
DROP INDEX message_withheld_from_holders;
ALTER TABLE conversation DROP COLUMN minimum_consent;
ALTER TABLE conversation DROP COLUMN available_at_protected_address;
ALTER TABLE conversation DROP COLUMN parents_until_years;
ALTER TABLE conversation DROP COLUMN power_of_attorney;
ALTER TABLE conversation DROP COLUMN youth;
ALTER TABLE conversation DROP COLUMN is_parental;
