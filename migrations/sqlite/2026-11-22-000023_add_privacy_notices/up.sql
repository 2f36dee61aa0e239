-- A version of an organisation's privacy notice, open to everybody. version counts from 1 without gaps; a row never changes.
CREATE TABLE privacy_notice (
    organisation_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    text_nb TEXT NOT NULL,
    text_nn TEXT,
    text_en TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, version)
) WITHOUT ROWID;
