-- A version of an organisation's privacy notice, open to everybody. version counts from 1 without gaps; a row never changes.
CREATE TABLE privacy_notice (
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    id uuid NOT NULL,
    valid_from date NOT NULL,
    text_nb text NOT NULL,
    text_nn text,
    text_en text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, version)
);
