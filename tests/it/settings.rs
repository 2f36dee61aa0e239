//! Settings as an operator meets them: what `check-settings` says and what `serve` does are the same, the example starts a
//! server, and a database knows what kind of installation it is.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tests::{Database, Ended, Place, ServerProcess, stories};

const EXAMPLE: &str = include_str!("../../brevdue.example.toml");
/// Any certificate.
const CERTIFICATE: &[u8] = include_bytes!("../../api/src/sandbox/mailbox.der");
/// 32 bytes of zeros.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What production needs besides its issuers, and no more. An empty variable counts as not set.
const PRODUCTION: [(&str, &str); 6] = [
    ("BREVDUE_MODE", "production"),
    ("BREVDUE_SANDBOX__NOW", ""),
    ("BREVDUE_PUBLIC_URL", "https://brevdue.example.no"),
    ("BREVDUE_MASTER_KEY", MASTER_KEY),
    ("BREVDUE_PLATFORM__ORGANISATION_NUMBER", "310000019"),
    ("BREVDUE_PLATFORM__NAME", "Drift"),
];

const ISSUER: &str = "[[issuers]]\npreset = \"idPorten\"\naudience = [\"brevdue\"]\n";

/// The settings of a production installation, with a file and with more variables.
fn production<'v>(config: &'v str, more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
    PRODUCTION.iter().copied().chain([("BREVDUE_CONFIG", config)]).chain(more.iter().copied()).collect()
}

/// Writes a file at the place, and gives its path.
fn write(place: &Place, name: &str, text: &str) -> String {
    let path = place.folder().join(name);
    std::fs::write(&path, text).expect("it can be written");
    path.display().to_string()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn rsa_key() -> String {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
    let der: Pkcs8V1Der<'_> = key.as_der().expect("it can be written");
    pem("PRIVATE KEY", der.as_ref())
}

/// The example with every setting in force, but for one of two choices, and for the clock of the sandbox, which production
/// has not.
fn example_in_force() -> String {
    let (mut table, mut lines) = (String::new(), vec![]);
    for line in EXAMPLE.lines() {
        let bare = line.trim_start_matches(['#', ' ']);
        let name = bare.split_once(" = ").map_or("", |(name, _)| name);
        let is_setting =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '0'..='9'));
        if bare.starts_with('[') {
            bare.clone_into(&mut table);
        }
        let is_left_out = ["[sandbox]", "[blobs.s3]"].contains(&&*table) || (table == "[print]" && name == "folder");
        if (is_setting || bare.starts_with('[')) && !is_left_out {
            lines.push(bare);
        }
    }
    lines.join("\n")
}

/// Settings that are wrong: the file, the variables, and part of what is said of them.
type Wrong<'w> = (&'w str, &'w [(&'w str, &'w str)], &'w str);

/// What the program complained of.
fn complaint(ended: &Ended) -> &str {
    assert_eq!(ended.status, Some(1), "{ended:?}");
    ended.errors.trim()
}

stories! {
    async fn the_example_with_every_line_in_force_starts_a_server(database: Database) {
        let place = Place::new(database);
        let config = write(&place, "brevdue.toml", &example_in_force());
        let key = write(&place, "key.pem", &rsa_key());
        let certificate = write(&place, "chain.pem", &pem("CERTIFICATE", CERTIFICATE));
        let blobs = place.blobs().display().to_string();
        // Where this machine is another than the example's.
        let here = production(&config, &[
            ("BREVDUE_BLOBS__FOLDER", &blobs),
            ("BREVDUE_DIGIPOST__KEY_FILE", &key),
            ("BREVDUE_DPI__KEY_FILE", &key),
            ("BREVDUE_DPI__CERTIFICATE_FILE", &certificate),
            ("BREVDUE_MASKINPORTEN__KEY_FILE", &key),
        ]);

        let checked = place.brevdue_with(&["check-settings"], &here);
        assert_eq!(checked.status, Some(0), "{checked:?}");
        let migrated = place.brevdue_with(&["migrate"], &here);
        assert_eq!(migrated.status, Some(0), "{migrated:?}");
        let server = ServerProcess::start_with(&place, &here);

        let live = server.client().get(server.url("/health/live")).send().await.expect("an answer");
        assert_eq!(live.status(), 200);
        let me = server.client().get(server.url("/v1/me")).send().await.expect("an answer");
        assert_eq!(me.status(), 401);
    }

    async fn what_serve_refuses_check_settings_refuses_with_the_same_words(database: Database) {
        let place = Place::new(database);
        let config = write(&place, "brevdue.toml", ISSUER);
        let two = format!("{ISSUER}[[issuers]]\npreset = \"operator\"\n");
        let no_key = write(&place, "no-key.pem", "hush");
        let absent = place.folder().join("absent.pem").display().to_string();
        let digipost = ("BREVDUE_DIGIPOST__SENDER_ID", "100001");
        let maskinporten = [
            ("BREVDUE_CONTACT_REGISTER__URL", "https://krr.example.no/personer"),
            ("BREVDUE_MASKINPORTEN__CLIENT_ID", "brevdue"),
            ("BREVDUE_MASKINPORTEN__KEY_ID", "key-1"),
            ("BREVDUE_MASKINPORTEN__KEY_FILE", &absent),
        ];
        let cases: [Wrong<'_>; 8] = [
            (ISSUER, &[("BREVDUE_DATABASE_URL", "postgres://db/brevdue")], "BREVDUE_DATABASE__URL"),
            (ISSUER, &[("BREVDUE_DATABASE__URL", ""), ("BREVDUE_PUBLIC_URL", "")], "public_url: must be set"),
            (&two, &[], "issuers[1].issuer: must be set with the preset operator"),
            ("databse.url = 1", &[], "databse: is not a setting; the nearest is database"),
            (ISSUER, &[("BREVDUE_MASTER_KEY", "hush")], "the master key cannot be read"),
            (ISSUER, &[digipost, ("BREVDUE_DIGIPOST__KEY_FILE", &absent)], "letters cannot go to Digipost"),
            (ISSUER, &[digipost, ("BREVDUE_DIGIPOST__KEY_FILE", &no_key)], "no private RSA key"),
            (ISSUER, &maskinporten, "maskinporten: no tokens for our own calls"),
        ];
        for (file, wrong, expected) in cases {
            assert_eq!(config, write(&place, "brevdue.toml", file));
            let settings = production(&config, wrong);
            let checked = place.brevdue_with(&["check-settings"], &settings);
            let served = place.brevdue_with(&["serve"], &settings);
            assert_eq!(complaint(&checked), complaint(&served));
            assert!(complaint(&checked).contains(expected), "{expected} is not in {}", complaint(&checked));
            assert!(!checked.errors.contains("hush") && checked.out.is_empty(), "{checked:?}");
        }
        // With nothing wrong, it does not refuse.
        let _ = write(&place, "brevdue.toml", ISSUER);
        let right = place.brevdue_with(&["check-settings"], &production(&config, &[]));
        assert_eq!((right.status, right.errors.as_str()), (Some(0), ""), "{right:?}");
        assert!(!Path::new(&place.blobs()).exists(), "checking writes nothing");
    }

    async fn a_database_that_served_production_never_serves_a_sandbox(database: Database) {
        let place = Place::new(database);
        let config = write(&place, "brevdue.toml", ISSUER);
        let settings = production(&config, &[]);
        let migrated = place.brevdue_with(&["migrate"], &settings);
        assert_eq!(migrated.status, Some(0), "{migrated:?}");
        let server = ServerProcess::start_with(&place, &settings);
        server.kill();
        let organisations = "SELECT count(*) AS number FROM organisation";
        let before = place.number(organisations);

        // The line with the mode forgotten, and nothing else.
        let forgotten = production(&config, &[("BREVDUE_MODE", ""), ("BREVDUE_CONFIG", "")]);
        let told = "the database is that of a production installation, and this server is a sandbox";
        for command in ["serve", "migrate"] {
            let refused = place.brevdue_with(&[command], &forgotten);
            assert!(complaint(&refused).contains(told), "{refused:?}");
        }

        assert_eq!(place.number(organisations), before, "nobody was made up in it");
        assert_eq!(place.texts("SELECT kind AS text FROM installation"), ["production"]);
        let server = ServerProcess::start_with(&place, &settings);
        server.kill();
    }

    async fn a_database_that_served_a_sandbox_never_serves_production(database: Database) {
        let place = Place::new(database);
        ServerProcess::start(&place).kill();
        let config = write(&place, "brevdue.toml", ISSUER);
        let key = std::fs::read_to_string(place.folder().join("master.key")).expect("the sandbox made one");
        let settings = production(&config, &[("BREVDUE_MASTER_KEY", key.trim())]);

        for command in ["serve", "migrate"] {
            let refused = place.brevdue_with(&[command], &settings);
            let told = "the database is that of a sandbox, and this server is a production installation";
            assert!(complaint(&refused).contains(told), "{refused:?}");
        }

        assert_eq!(place.texts("SELECT kind AS text FROM installation"), ["sandbox"]);
        ServerProcess::start(&place).kill();
    }
}
