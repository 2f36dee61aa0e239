//! The settings as their operator meets them.

use std::ffi::OsString;

use secrecy::ExposeSecret;

use super::reader::{value_at, variable_name};
use super::*;

const EXAMPLE: &str = include_str!("../../../brevdue.example.toml");

const PRODUCTION: &str = r#"
mode = "production"
public_url = "https://brevdue.example.no"
database.url = "postgres://kari:hush-database@db.example.no/brevdue?password=hush-parameter"
blobs.s3 = { bucket = "brevdue", region = "no-1", access_key_id = "hush-id", secret_access_key = "hush-key" }
platform = { organisation_number = "310000019", name = "Brevdue drift" }

[[issuers]]
preset = "helseId"
audience = ["brevdue"]
"#;

fn read(file: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsProblems> {
    Settings::read(Some(file), &variables.iter().copied().collect())
}

fn problems(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    read(file, variables).map(|_| ()).expect_err("there are problems").lines().collect()
}

#[test]
fn without_any_settings_the_sandbox_starts_on_this_machine() {
    let settings = Settings::read(None, &Environment::default()).unwrap();

    assert_eq!(settings.mode, Mode::Sandbox);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((settings.public_url, settings.workers), (None, None));
    assert_eq!(settings.database.url.expose(), "sqlite:data/brevdue.sqlite");
    assert!((4..=100).contains(&settings.database.connections));
    assert_eq!(settings.database.acquire_timeout, Duration::from_secs(2));
    assert_eq!(settings.data_folder, PathBuf::from("data"));
    assert!(settings.master_key.is_none());
    assert_eq!(settings.master_key_file, Some(PathBuf::from("data/master.key")));
    assert!(matches!(settings.blobs, BlobLocation::Folder(folder) if *folder == *"data/blobs"));
    assert!(settings.issuers.is_empty() && settings.cors_origins.is_empty());
    let RateLimitSettings { citizen, system } = settings.rate_limit;
    assert_eq!((citizen.per_second.get(), citizen.burst.get()), (20, 100));
    assert_eq!((system.per_second.get(), system.burst.get()), (2000, 4000));
    assert_eq!(settings.limits.json_bytes, 1_572_864);
    assert_eq!((settings.log.format, settings.log.filter.as_str()), (LogFormat::Text, "info"));
    assert_eq!(settings.terms.of_use(), "1");
    let access = settings.access;
    assert_eq!((access.youth_from_years, access.guardians), (13, false));
    assert_eq!(access.register_max_age, Duration::from_secs(60 * 60));
    assert_eq!(settings.platform, None);
    let webhooks = WebhookSettings { loopback: true, ports: vec![443], timeout: Duration::from_secs(15) };
    assert_eq!(settings.webhooks, webhooks);
    assert_eq!(settings.limits.quotas, persistence::Quotas::default());
    assert_eq!((settings.proxies, settings.dpop_nonce), (ProxySettings::default(), false));
}

#[test]
fn only_the_clock_of_a_sandbox_starts_at_another_time() {
    let settings = read("sandbox.now = \"2026-11-24T11:00:00Z\"", &[]).unwrap();
    assert_eq!(settings.sandbox_now.map(|now| now.timestamp()), Some(1_795_518_000));
    assert_eq!(read("", &[]).unwrap().sandbox_now, None);
    for bad in ["noon", "10000-01-01T00:00:00Z"] {
        let told = problems("", &[("BREVDUE_SANDBOX__NOW", bad)]);
        assert!(told[0].starts_with("BREVDUE_SANDBOX__NOW: must be a time"), "{told:?}");
    }
    let told =
        problems(&PRODUCTION.replace("[[issuers]]", "[sandbox]\nnow = \"2026-11-24T11:00:00Z\"\n[[issuers]]"), &[]);
    assert!(told.iter().any(|line| line.starts_with("sandbox.now: must not be set in production")), "{told:?}");
}

#[test]
fn webhooks_reach_this_machine_only_from_a_sandbox_that_nobody_else_reaches() {
    let loopback = |file: &str| read(file, &[]).expect("they are right").webhooks.loopback;
    assert!(!loopback("listen = \"0.0.0.0:8080\""));
    assert!(loopback("listen = \"0.0.0.0:8080\"\nwebhooks.loopback = true"));
    assert!(!loopback("webhooks.loopback = false"));
    assert!(!loopback(
        &PRODUCTION.replace("[[issuers]]", "listen = \"127.0.0.1:8080\"\nmaster_key_file = \"key\"\n[[issuers]]")
    ));
    let told = problems(&PRODUCTION.replace("[[issuers]]", "webhooks.loopback = true\n[[issuers]]"), &[]);
    assert!(told.iter().any(|line| line.contains("webhooks.loopback")), "{told:?}");
}

#[test]
fn files_of_the_server_follow_the_data_folder() {
    let settings = read("data_folder = \"/srv/brevdue\"", &[]).unwrap();

    assert_eq!(settings.database.url.expose(), "sqlite:/srv/brevdue/brevdue.sqlite");
    assert_eq!(settings.master_key_file, Some(PathBuf::from("/srv/brevdue/master.key")));
    assert!(matches!(settings.blobs, BlobLocation::Folder(folder) if *folder == *"/srv/brevdue/blobs"));
}

#[test]
fn production_logs_json_and_reads_the_bucket() {
    let settings = read(PRODUCTION, &[("BREVDUE_MASTER_KEY", "hush-master")]).unwrap();

    assert_eq!((settings.mode, settings.log.format), (Mode::Production, LogFormat::Json));
    assert_eq!(settings.master_key.unwrap().expose_secret(), "hush-master");
    assert_eq!(settings.master_key_file, None);
    let BlobLocation::S3(s3) = settings.blobs else { panic!("the bucket was set") };
    assert_eq!((s3.bucket.as_str(), s3.region.as_str(), s3.endpoint, s3.allow_http), ("brevdue", "no-1", None, false));
    assert_eq!(s3.credentials.unwrap().secret_access_key.expose_secret(), "hush-key");
    assert_eq!(settings.issuers[0].preset, Preset::HelseId);
}

#[test]
fn variables_win_over_the_file_and_empty_ones_do_not_count() {
    let file = "listen = \"127.0.0.1:1\"\nworkers = 1\nterms.version = \"7\"\ncors.origins = []\n[blobs.s3]\n\
                bucket = \"b\"\nregion = \"r\"\nallow_http = false";
    let settings = read(
        file,
        &[
            ("BREVDUE_LISTEN", "127.0.0.1:2"),
            ("BREVDUE_WORKERS", "2"),
            ("BREVDUE_TERMS__VERSION", ""),
            ("BREVDUE_CORS__ORIGINS", "https://a.example.no, https://b.example.no"),
            ("BREVDUE_BLOBS__S3__ALLOW_HTTP", "true"),
            ("BREVDUE_DATABASE__URL", "sqlite:/srv/b.sqlite"),
        ],
    )
    .unwrap();

    assert_eq!((settings.listen.port(), settings.workers), (2, Some(2)));
    assert_eq!(settings.terms.of_use(), "7");
    assert_eq!(settings.cors_origins, ["https://a.example.no", "https://b.example.no"]);
    assert!(matches!(settings.blobs, BlobLocation::S3(S3Settings { allow_http: true, .. })));
    assert_eq!(settings.database.url.expose(), "sqlite:/srv/b.sqlite");
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let file = r#"
mode = "prod"
listen = 8080
public_url = "http://brevdue.example.no"
workers = "two"
master_key = "hush"
colour = "blue"
cors.origins = ["https://portal.example.no", "*", "https://portal.example.no/"]
blobs = { folder = "b", s3 = { bucket = "b", endpoint = "http://s3", secret_access_key = "hush" } }
rate_limit = { citizen_per_second = 0, citizen_brust = 5 }
limits.json_bytes = 1000
log = "text"
terms.version = ""
"a key.with dots" = 1
issuers = "helseid"
"#;
    let variables = [
        ("BREVDUE_DATABASE__URL", "postgres://u:hu@sh@db/brevdue"),
        ("BREVDUE_LOG__FILTER", "api=loud"),
        ("BREVDUE_WORKRES", "2"),
    ];

    let origin = "must be an origin as browsers send it, such as https://portal.example.no (no *, no path)";
    let mut expected = vec![
        "mode: must be one of: sandbox, production".to_owned(),
        "listen: must be a text that is not empty".to_owned(),
        "public_url: must be https, unless it is this machine".to_owned(),
        "workers: must be a whole number from 1 to 512".to_owned(),
        "BREVDUE_DATABASE__URL: must have @ / ? in user, password and parameters written as %40 %2F %3F".to_owned(),
        "master_key: must not be in the settings file: set BREVDUE_MASTER_KEY or master_key_file".to_owned(),
        "blobs: must be a folder or an S3 bucket, not both".to_owned(),
        "blobs.s3.region: must name the region of the bucket".to_owned(),
        "blobs.s3.endpoint: must be https, unless blobs.s3.allow_http is true".to_owned(),
        "blobs.s3.access_key_id: must be set: access_key_id and secret_access_key come together or not at all"
            .to_owned(),
        "issuers: must be tables in the settings file, each headed by [[issuers]]".to_owned(),
        format!("cors.origins[1]: {origin}"),
        format!("cors.origins[2]: {origin}"),
        "rate_limit.citizen_per_second: must be a whole number from 1 to 1000000".to_owned(),
        "limits.json_bytes: must be a whole number from 1310720 to 67108864".to_owned(),
        "BREVDUE_LOG__FILTER: must be a filter of log lines, such as info or info,api=debug".to_owned(),
        "terms.version: must be a text that is not empty".to_owned(),
        "colour: is not a setting; the nearest is blobs".to_owned(),
        "rate_limit.citizen_brust: is not a setting; the nearest is rate_limit.citizen_burst".to_owned(),
        "BREVDUE_WORKRES: is not a setting; the nearest is BREVDUE_WORKERS".to_owned(),
        "log: must be a table".to_owned(),
        "\"a key.with dots\": is not a setting; the nearest is maskinporten".to_owned(),
    ];
    let mut found = problems(file, &variables);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn production_says_everything_that_it_needs() {
    assert_eq!(
        problems("mode = \"production\"", &[]),
        [
            "public_url: must be set in production: proofs of possession (DPoP) name the address that callers use",
            "database.url: must be set in production: postgres://<user>:<password>@<host>/<database>",
            "master_key: set BREVDUE_MASTER_KEY or master_key_file",
            "issuers: must have at least one issuer of tokens in production",
            "platform.organisation_number: must be set in production: citizens see who runs the mailbox",
            "platform.name: must be set in production: citizens see who runs the mailbox",
        ]
    );
}

#[test]
fn what_is_there_but_wrong_is_not_called_missing_too() {
    let file = "mode = \"production\"\npublic_url = 7\ndatabase.url = 7\nmaster_key = \"hush\"\nissuers = 7\nblobs.s3 = { bucket = 7, region = \"r\" }\n\
                platform = { organisation_number = \"1\", name = \"Drift\" }";

    let found = problems(file, &[]);

    let places: Vec<_> = found.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(
        places,
        ["public_url", "database.url", "master_key", "blobs.s3.bucket", "issuers", "platform.organisation_number"],
        "{found:?}"
    );
}

#[test]
fn a_file_that_is_not_toml_is_named_by_line_beside_the_bad_variables() {
    let file = "mode = \"production\"\ndatabase.url = \"postgres://u:hush@db/brevdue\n";

    let found = problems(file, &[("BREVDUE_MODE", "production"), ("BREVDUE_WORKERS", "many")]);

    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("settings file: line 2 is not TOML: "), "{found:?}");
    assert_eq!(found[1], "BREVDUE_WORKERS: must be a whole number from 1 to 512");
    assert!(!found[0].contains("hush"), "{found:?}");
}

#[test]
fn what_is_wrong_with_the_toml_is_said_without_its_text() {
    let faults = [
        "= hush",
        "= 'hush",
        "= \"hush\\q\"",
        "= 12hush",
        "= 2026-99-hush",
        "= [hush",
        "hush",
        "= \"x\" hush",
        "= {hush",
    ];

    for fault in faults {
        let found = problems(&format!("terms.version {fault}\n"), &[]);

        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("settings file: line ") && !found[0].contains("hush"), "{fault}: {found:?}");
    }
}

#[test]
fn unknown_keys_are_named_by_their_path_also_when_quoted_to_look_like_a_setting() {
    let file = "\"database.url\" = \"x\"\n[mailbox]\nsize = 1\n[database]\nuri = \"x\"\n[blobs.s4]\nbucket = \"b\"";

    let mut found = problems(file, &[]);
    found.sort();

    assert_eq!(
        found,
        [
            "\"database.url\": is not a setting; the nearest is database.url",
            "blobs.s4: is not a setting; the nearest is blobs.s3",
            "database.uri: is not a setting; the nearest is database.url",
            "mailbox: is not a setting; the nearest is sandbox",
        ]
    );
}

#[test]
fn no_secret_is_printed() {
    let settings = read(PRODUCTION, &[("BREVDUE_MASTER_KEY", "hush-master")]).unwrap();
    let faulty = PRODUCTION.replace("region = \"no-1\", ", "").replace("@db", "@@db").replace("\"helseId\"", "7");
    let problems = read(&faulty, &[("BREVDUE_MASTER_KEY", "hush-master"), ("BREVDUE_WORKERS", "hush")]).unwrap_err();

    let blobs = &settings.blobs;
    let texts = [
        settings.summary(),
        format!("{settings:?} {settings:#?} {blobs:?} {:?}", settings.database),
        format!("{problems} {problems:?}"),
    ];
    for text in texts {
        assert!(!text.contains("hush") && !text.contains("kari"), "{text}");
    }
    assert_eq!(problems.lines().count(), 4, "{problems}");
}

#[test]
fn the_summary_has_every_setting_with_its_value() {
    let sandbox = Settings::read(None, &Environment::default()).unwrap().summary();
    let production = read(PRODUCTION, &[("BREVDUE_MASTER_KEY", "hush-master")]).unwrap().summary();

    for key in known_keys() {
        let line = format!("{key} = ");
        assert!(sandbox.lines().chain(production.lines()).any(|found| found.starts_with(&line)), "{key}");
    }
    for line in [
        "database.url = postgres://***@db.example.no/brevdue?password=***",
        "master_key = ***",
        "blobs.s3.secret_access_key = ***",
        "issuers[0].preset = helseId",
        "issuers[0].issuer = https://helseid-sts.nhn.no",
        "issuers[0].jwks_url = by discovery",
        "issuers[0].longest_token_minutes = 1440",
        "issuers[0].audience = [brevdue]",
        "rate_limit.system_burst = 4000",
    ] {
        assert!(production.lines().any(|found| found == line), "{line} is not in\n{production}");
    }
}

#[test]
fn the_example_has_every_setting_and_changes_nothing() {
    assert_eq!(read(EXAMPLE, &[]).unwrap().summary(), Settings::read(None, &Environment::default()).unwrap().summary());

    // With every setting in force: each is known, each value is right, and only the choices are left to make.
    let in_force = in_force(EXAMPLE);
    let choices = [
        "blobs: must be a folder or an S3 bucket, not both",
        "issuers[0].issuer: must not be one of real persons in the sandbox: set mode to production, or another issuer",
        "print: must be a folder or a service, not both",
    ];
    assert_eq!(problems(&in_force, &[]), choices);
    let table: toml::Table = in_force.parse().unwrap();
    for key in known_keys().into_iter().filter(|key| *key != "master_key") {
        assert!(value_at(&table, key).is_some(), "{key} is not in brevdue.example.toml");
    }
    assert!(EXAMPLE.contains(&variable_name("master_key")));
    // That it has no field which is none is said above.
    let fields: Vec<_> = table["issuers"][0].as_table().unwrap().keys().map(String::as_str).collect();
    let summary = read(PRODUCTION, &[("BREVDUE_MASTER_KEY", "hush")]).unwrap().summary();
    let shown = summary.lines().filter_map(|line| line.strip_prefix("issuers[0].")?.split_once(" = "));
    let mut shown: Vec<_> = shown.map(|(field, _)| field).collect();
    shown.sort_unstable();
    assert_eq!(fields, shown);
}

#[test]
fn variables_that_nobody_reads_are_an_error_that_names_the_nearest_setting() {
    let told = problems("", &[("BREVDUE_DATABASE_URL", "postgres://db/brevdue"), ("brevdue_mode", "production")]);
    assert_eq!(
        told,
        [
            "BREVDUE_DATABASE_URL: is not a setting; the nearest is BREVDUE_DATABASE__URL",
            "brevdue_mode: is not a setting; the nearest is BREVDUE_MODE",
        ]
    );
    // Set to nothing, the settings file, what the tests go by, what Kubernetes makes, and other people's.
    for (name, value) in [
        ("BREVDUE_DATABASE_URL", " "),
        ("BREVDUE_CONFIG", "brevdue.toml"),
        ("BREVDUE_TEST_POSTGRES_URL", "postgres://db/brevdue"),
        ("BREVDUE_SERVICE_HOST", "10.0.0.1"),
        ("BREVDUE_SERVICE_PORT", "80"),
        ("BREVDUE_SERVICE_PORT_HTTP", "80"),
        ("BREVDUE_PORT", "tcp://10.0.0.1:80"),
        ("BREVDUE_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("BREVDUE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("PATH", "/bin"),
    ] {
        assert!(read("", &[(name, value)]).is_ok(), "{name}");
    }
    assert_eq!(problems("", &[("BREVDUE_PORT", "8080")]).len(), 1, "somebody meant BREVDUE_LISTEN");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_not_passed_over() {
    use std::os::unix::ffi::OsStringExt as _;

    let variable = (OsString::from("BREVDUE_LISTEN"), OsString::from_vec(vec![0xff]));
    let told = Settings::read(None, &[variable].into_iter().collect()).map(|_| ()).unwrap_err();

    assert_eq!(told.to_string(), "BREVDUE_LISTEN: must be text in UTF-8");
}

/// The example with each line that has a setting, and each table, in force.
fn in_force(example: &str) -> String {
    let lines = example.lines().map(|line| {
        let bare = line.trim_start_matches(['#', ' ']);
        let name = bare.split_once(" = ").map_or("", |(name, _)| name);
        let is_setting =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '0'..='9'));
        if is_setting || bare.starts_with('[') { bare } else { "" }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The problems of one issuer's table.
fn problems_of_issuer(mode: &str, table: &str) -> Vec<String> {
    let file = format!("mode = \"{mode}\"\n[[issuers]]\n{table}");
    let all = read(&file, &[]).map(|_| ()).err().map(|told| told.lines().collect()).unwrap_or_default();
    let of_issuer = |line: &String| line.starts_with("issuers");
    Vec::into_iter(all).filter(of_issuer).collect()
}

#[test]
fn a_preset_fills_in_the_production_issuer() {
    let table = [
        ("idPorten", "https://idporten.no"),
        ("maskinporten", "https://maskinporten.no/"),
        ("helseId", "https://helseid-sts.nhn.no"),
    ];
    for (preset, issuer) in table {
        let file = PRODUCTION.replace("\"helseId\"", &format!("{preset:?}"));
        let settings = read(&file, &[("BREVDUE_MASTER_KEY", "hush-master")]).unwrap();
        let of_preset = &settings.issuers[0];
        assert_eq!((of_preset.issuer.as_str(), &of_preset.jwks_url), (issuer, &None));
        assert_eq!(of_preset.preset.as_word(), preset);
        assert!(!of_preset.accept_unspecified_audience);
    }
}

#[test]
fn an_issuer_that_cannot_be_asked_for_its_keys_must_say_where_they_are() {
    for issuer in ["test", "http://issuer.example"] {
        let table = format!("preset = 'test'\nissuer = '{issuer}'\naudience = ['a']");
        assert_eq!(
            problems_of_issuer("sandbox", &table),
            ["issuers[0].jwks_url: must be set where the issuer is no https address, at which to ask for it"]
        );
    }
    let table = "preset = 'test'\nissuer = 'https://issuer.example'\naudience = ['a']";
    assert_eq!(problems_of_issuer("sandbox", table), [""; 0]);
}

#[test]
fn everything_wrong_with_an_issuer_is_named_at_once_by_its_place() {
    assert_eq!(
        problems_of_issuer("sandbox", "preset = 'operator'\naccept_unspecified_audience = true\naudiences = ['a']"),
        [
            "issuers[0].audience: must have at least one name: what tokens for this server have in aud",
            "issuers[0].accept_unspecified_audience: must not be true with the preset operator",
            "issuers[0].issuer: must be set with the preset operator",
            "issuers[0].audiences: is not a setting; the nearest is audience",
        ]
    );
    assert_eq!(
        problems_of_issuer("sandbox", "audience = ['a']"),
        ["issuers[0].preset: must say what kind of issuer it is"]
    );
    let word = "issuers[0].preset: must be one of: idPorten, helseId, maskinporten, operator, test";
    assert_eq!(problems_of_issuer("sandbox", "preset = 'helseid'\naudience = ['a']"), [word]);
    let twice = "preset = 'idPorten'\naudience = ['']\n[[issuers]]\npreset = 'idPorten'\naudience = ['a']";
    assert_eq!(
        problems_of_issuer("production", twice),
        ["issuers[0].audience[0]: must not be empty", "issuers[1].issuer: must not be that of another table too"]
    );
}

#[test]
fn no_issuer_of_one_world_is_taken_in_the_other() {
    let of_real_persons =
        "issuers[0].issuer: must not be one of real persons in the sandbox: set mode to production, or another issuer";
    for issuer in
        ["https://idporten.no/", "https://IDPORTEN.no", "https://maskinporten.no", "https://helseid-sts.nhn.no/"]
    {
        let table =
            format!("preset = 'test'\nissuer = '{issuer}'\naudience = ['a']\njwks_url = 'https://keys.example/jwks'");
        assert_eq!(problems_of_issuer("sandbox", &table), [of_real_persons]);
        assert_eq!(problems_of_issuer("production", &table.replace("'test'", "'operator'")), [""; 0]);
    }
    let test = "preset = 'test'\nissuer = 'i'\naudience = ['a']\njwks_url = 'https://keys.example/jwks'";
    assert_eq!(
        problems_of_issuer("production", test),
        ["issuers[0].preset: must not be test in production: its tokens are for anybody"]
    );
}

#[test]
fn keys_come_by_https_or_from_this_machine() {
    let table = [
        ("https://keys.example/jwks", true),
        ("http://127.0.0.1:8080/jwks", true),
        ("http://localhost/jwks", true),
        ("http://[::1]:8080/jwks", true),
        ("http://keys.example/jwks", false),
        ("http://127.0.0.1.evil.example/jwks", false),
        ("file:///etc/passwd", false),
        ("keys", false),
    ];
    for (jwks_url, expected) in table {
        let toml = format!("preset = 'test'\nissuer = 'i'\naudience = ['a']\njwks_url = '{jwks_url}'");
        assert_eq!(problems_of_issuer("sandbox", &toml).is_empty(), expected, "{jwks_url}");
    }
}

#[test]
fn a_body_of_the_longest_message_fits_however_it_is_escaped() {
    let character = r"\ud83d\ude00".len();

    assert!(LimitSettings::LEAST_JSON_BYTES as usize > 100_000 * character + 64 * 1024);
    assert!(
        (LimitSettings::LEAST_JSON_BYTES..=LimitSettings::MOST_JSON_BYTES).contains(&LimitSettings::DEFAULT_JSON_BYTES)
    );
}

#[test]
fn variables_are_named_after_their_keys() {
    assert_eq!(variable_name("blobs.s3.access_key_id"), "BREVDUE_BLOBS__S3__ACCESS_KEY_ID");
    assert_eq!(variable_name("master_key"), "BREVDUE_MASTER_KEY");
}

fn known_keys() -> Vec<&'static str> {
    let environment = Environment::default();
    let mut reader = Reader::new(None, &environment);
    Settings::from_reader(&mut reader);
    reader.known().iter().copied().collect()
}

#[test]
fn letters_go_to_digipost_where_both_our_id_and_our_key_are_set() {
    let told =
        |variables: &[(&str, &str)]| read("", variables).map(|_| ()).map_err(|told| told.lines().collect::<Vec<_>>());
    let (id, key) = (("BREVDUE_DIGIPOST__SENDER_ID", "100001"), ("BREVDUE_DIGIPOST__KEY_FILE", "key.pem"));
    assert_eq!(
        told(&[id]),
        Err(vec!["digipost.key_file: must be set: sender_id and key_file come together".to_owned()])
    );
    assert_eq!(
        told(&[key]),
        Err(vec!["digipost.sender_id: must be set: sender_id and key_file come together".to_owned()])
    );
    let wrong = [("BREVDUE_DIGIPOST__SENDER_ID", "kari"), key, ("BREVDUE_DIGIPOST__AUTHENTICATION_LEVEL", "PASSWORD")];
    assert_eq!(told(&wrong).unwrap_err().len(), 2);

    let digipost = read("", &[id, key]).unwrap().digipost.unwrap();
    assert_eq!((digipost.url.as_str(), digipost.identify), ("https://api.digipost.no", false));
    assert_eq!(digipost.authentication_level, AuthenticationLevel::Idporten4);
}

#[test]
fn a_register_is_connected_by_its_address_and_what_maskinporten_takes() {
    let told =
        |variables: &[(&str, &str)]| read("", variables).map(|_| ()).map_err(|told| told.lines().collect::<Vec<_>>());
    let population = ("BREVDUE_POPULATION_REGISTER__URL", "https://folkeregisteret.example.no/bulkoppslag");
    let contact = ("BREVDUE_CONTACT_REGISTER__URL", "https://krr.example.no/personer");
    let us = [
        ("BREVDUE_MASKINPORTEN__CLIENT_ID", "brevdue"),
        ("BREVDUE_MASKINPORTEN__KEY_ID", "key-1"),
        ("BREVDUE_MASKINPORTEN__KEY_FILE", "key.pem"),
    ];
    let missing = ["client_id", "key_id", "key_file"]
        .map(|field| format!("maskinporten.{field}: must be set, for a register or DPI is"))
        .to_vec();
    for register in [vec![population], vec![contact], vec![population, contact]] {
        assert_eq!(told(&register), Err(missing.clone()));
    }
    assert_eq!(told(&us), Ok(()));
    let open = [("BREVDUE_POPULATION_REGISTER__URL", "http://folkeregisteret.example.no/bulkoppslag")];
    assert!(told(&open).unwrap_err()[0].starts_with("BREVDUE_POPULATION_REGISTER__URL: must be https"));

    let of = |more: &[(&str, &str)]| read("", &[&us, more].concat()).unwrap().registers;
    assert_eq!(of(&[]), RegisterSettings { population: None, contact: None });
    assert_eq!(of(&[contact]).population, None);
    let register = of(&[population]).population.unwrap();
    assert_eq!(register.url, "https://folkeregisteret.example.no/bulkoppslag");
    assert_eq!(register.scope, "folkeregister:deling/offentligmedhjemmel");
    assert_eq!(register.maskinporten.token_url, "https://maskinporten.no/token");
    let other = ("BREVDUE_POPULATION_REGISTER__SCOPE", "folkeregister:deling/finans");
    let both = of(&[population, contact, other]);
    assert_eq!(both.population.unwrap().scope, "folkeregister:deling/finans");
    assert_eq!(both.contact.unwrap().maskinporten, register.maskinporten);
}

#[test]
fn letters_go_over_dpi_where_an_access_point_is_set_and_who_we_are_there() {
    let told = |variables: &[(&str, &str)]| read("", variables).map(|_| ()).unwrap_err().lines().collect::<Vec<_>>();
    let url = ("BREVDUE_DPI__URL", "https://access-point.example.no/api");
    let of_dpi = ["organisation_number", "key_file", "certificate_file"]
        .map(|field| format!("dpi.{field}: must be set, for dpi.url is"));
    let of_maskinporten = ["client_id", "key_id", "key_file"]
        .map(|field| format!("maskinporten.{field}: must be set, for a register or DPI is"));
    assert_eq!(told(&[url]), [of_maskinporten, of_dpi].concat());
    let wrong = [("BREVDUE_DPI__ORGANISATION_NUMBER", "12")];
    assert!(told(&wrong)[0].contains("must be an organisation number"));

    let all = [
        url,
        ("BREVDUE_DPI__ORGANISATION_NUMBER", "310000027"),
        ("BREVDUE_DPI__KEY_FILE", "dpi.pem"),
        ("BREVDUE_DPI__CERTIFICATE_FILE", "chain.pem"),
        ("BREVDUE_MASKINPORTEN__CLIENT_ID", "brevdue"),
        ("BREVDUE_MASKINPORTEN__KEY_ID", "key-1"),
        ("BREVDUE_MASKINPORTEN__KEY_FILE", "key.pem"),
    ];
    let dpi = read("", &all).unwrap().dpi.unwrap();
    assert_eq!((dpi.url.as_str(), dpi.organisation.as_str()), (url.1, "310000027"));
    assert!(read("", &all[1..]).unwrap().dpi.is_none(), "without an access point");
}
