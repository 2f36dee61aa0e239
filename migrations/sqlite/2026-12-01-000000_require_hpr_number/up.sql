-- Whether the health workers of a service work only with an HPR number in their token.
ALTER TABLE service ADD COLUMN hpr_number_required BOOLEAN NOT NULL DEFAULT false;
-- What a new service of the same kind has.
UPDATE service SET hpr_number_required = true WHERE kind IN ('generalPractitioner', 'specialist', 'hospitalDepartment');
