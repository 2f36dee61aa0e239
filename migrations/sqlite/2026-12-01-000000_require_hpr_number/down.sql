ALTER TABLE service DROP COLUMN hpr_number_required;
