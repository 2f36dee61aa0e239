//! The settings as they take effect, for people. Secrets are `***`.

use std::fmt;

use super::{
    AccessSettings, BlobLocation, DatabaseSettings, DigipostSettings, DpiSettings, EmailSettings, IssuerConfig,
    LogSettings, MaskinportenSettings, NotificationSettings, PrintSettings, ProxySettings, RateLimitSettings,
    RegisterSettings, S3Settings, Settings, SmsSettings, WebhookSettings,
};

const SECRET: &str = "***";
const NOT_SET: &str = "(not set)";

impl Settings {
    /// Every setting with the value that takes effect, one a line; `***` for secrets.
    #[must_use]
    pub fn summary(&self) -> String {
        self.effective().into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
    }

    /// Destructured without `..`, so that a new setting is shown or left out on purpose.
    fn effective(&self) -> Vec<(String, String)> {
        let Self {
            mode,
            sandbox_now,
            listen,
            public_url,
            workers,
            blocking_threads,
            shutdown_delay,
            database: DatabaseSettings { url, connections, acquire_timeout, answer_timeout },
            data_folder,
            master_key,
            master_key_file,
            blobs,
            issuers,
            cors_origins,
            rate_limit: RateLimitSettings { citizen, system },
            limits,
            proxies: ProxySettings { trusted, header },
            dpop_nonce,
            log: LogSettings { format, filter },
            terms,
            registered_powers_wait,
            access: AccessSettings { youth_from_years, guardians, register_max_age },
            webhooks: WebhookSettings { loopback, ports, timeout },
            platform,
            notifications,
            print,
            scanner,
            digipost,
            dpi,
            registers,
        } = self;
        let mut lines = vec![
            ("mode", <&str>::from(*mode).to_owned()),
            ("sandbox.now", shown(sandbox_now.map(|now| now.to_rfc3339()))),
            ("listen", listen.to_string()),
            ("public_url", shown(public_url.as_ref())),
            ("workers", workers.map_or_else(|| "one for each core".to_owned(), |workers| workers.to_string())),
            (
                "blocking_threads",
                blocking_threads.map_or_else(|| "as many as are needed".to_owned(), |threads| threads.to_string()),
            ),
            ("database.url", url.to_string()),
            ("database.connections", connections.to_string()),
            ("database.acquire_timeout_ms", acquire_timeout.as_millis().to_string()),
            ("database.answer_timeout_ms", answer_timeout.as_millis().to_string()),
            ("shutdown.delay_seconds", shutdown_delay.as_secs().to_string()),
            ("data_folder", data_folder.display().to_string()),
            ("master_key", shown(master_key.as_ref().map(|_| SECRET))),
            ("master_key_file", shown(master_key_file.as_ref().map(|file| file.display()))),
        ];
        lines.extend(blob_lines(blobs));
        lines.extend([
            ("cors.origins", format!("[{}]", cors_origins.join(", "))),
            ("rate_limit.citizen_per_second", citizen.per_second.to_string()),
            ("rate_limit.citizen_burst", citizen.burst.to_string()),
            ("rate_limit.system_per_second", system.per_second.to_string()),
            ("rate_limit.system_burst", system.burst.to_string()),
        ]);
        lines.extend(super::limits::lines(limits));
        lines.extend([
            ("http.trusted_proxies", listed(trusted)),
            ("http.forwarded_header", <&str>::from(*header).to_owned()),
            ("dpop.nonce", dpop_nonce.to_string()),
            ("log.format", <&str>::from(*format).to_owned()),
            ("log.filter", filter.clone()),
            ("registered_powers.wait_hours", (registered_powers_wait.as_secs() / 3600).to_string()),
            ("terms.version", terms.of_use()),
            ("terms.dialogue_version", terms.in_force.dialogue_and_archive.as_str().to_owned()),
            ("terms.url", shown(terms.url.as_ref())),
            ("terms.dialogue_url", shown(terms.dialogue_url.as_ref())),
            ("access.youth_from_years", youth_from_years.to_string()),
            ("access.guardians", guardians.to_string()),
            ("access.register_max_age_minutes", (register_max_age.as_secs() / 60).to_string()),
            ("webhooks.loopback", loopback.to_string()),
            ("webhooks.ports", listed(ports)),
            ("webhooks.timeout_seconds", timeout.as_secs().to_string()),
            (
                "platform.organisation_number",
                shown(platform.as_ref().map(|platform| platform.organisation_number.as_str())),
            ),
            ("platform.name", shown(platform.as_ref().map(|platform| platform.name.as_str()))),
        ]);
        lines.extend(notification_lines(notifications));
        lines.extend(print_lines(print.as_ref()));
        lines.extend([
            ("scanner.address", shown(scanner.address.as_ref())),
            ("scanner.required", scanner.required.to_string()),
            ("scanner.timeout_seconds", scanner.timeout.as_secs().to_string()),
        ]);
        lines.extend(digipost_lines(digipost.as_ref()));
        lines.extend(dpi_lines(dpi.as_ref()));
        lines.extend(register_lines(registers));
        lines.extend(maskinporten_lines(registers, dpi.as_ref()));
        lines.push(("issuers", format!("{} configured", issuers.len())));
        let mut lines: Vec<_> = lines.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for (index, issuer) in issuers.iter().enumerate() {
            lines.extend(issuer_lines(issuer).map(|(field, value)| (format!("issuers[{index}].{field}"), value)));
        }
        lines
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.effective()).finish()
    }
}

fn issuer_lines(issuer: &IssuerConfig) -> [(&'static str, String); 6] {
    let IssuerConfig { preset, issuer, audience, jwks_url, accept_unspecified_audience, longest_token } = issuer;
    [
        ("preset", preset.as_word().to_owned()),
        ("issuer", issuer.clone()),
        ("audience", listed(audience)),
        ("jwks_url", jwks_url.clone().unwrap_or_else(|| "by discovery".to_owned())),
        ("accept_unspecified_audience", accept_unspecified_audience.to_string()),
        ("longest_token_minutes", (longest_token.as_secs() / 60).to_string()),
    ]
}

fn register_lines(RegisterSettings { population, contact }: &RegisterSettings) -> [(&'static str, String); 3] {
    [
        ("population_register.url", shown(population.as_ref().map(|register| &register.url))),
        ("population_register.scope", shown(population.as_ref().map(|register| &register.scope))),
        ("contact_register.url", shown(contact.as_ref().map(|register| &register.url))),
    ]
}

fn maskinporten_lines(
    RegisterSettings { population, contact }: &RegisterSettings,
    dpi: Option<&DpiSettings>,
) -> [(&'static str, String); 5] {
    let maskinporten = population.as_ref().map(|register| &register.maskinporten);
    let maskinporten = maskinporten.or_else(|| contact.as_ref().map(|register| &register.maskinporten));
    let maskinporten = maskinporten.or_else(|| dpi.map(|dpi| &dpi.maskinporten));
    let of = |field: fn(&MaskinportenSettings) -> String| shown(maskinporten.map(field));
    [
        ("maskinporten.token_url", of(|settings| settings.token_url.clone())),
        ("maskinporten.audience", of(|settings| settings.audience.clone())),
        ("maskinporten.client_id", of(|settings| settings.client_id.clone())),
        ("maskinporten.key_id", of(|settings| settings.key_id.clone())),
        ("maskinporten.key_file", of(|settings| settings.key_file.display().to_string())),
    ]
}

fn dpi_lines(dpi: Option<&DpiSettings>) -> [(&'static str, String); 4] {
    let of = |field: fn(&DpiSettings) -> String| shown(dpi.map(field));
    [
        ("dpi.url", of(|settings| settings.url.clone())),
        ("dpi.organisation_number", of(|settings| settings.organisation.as_str().to_owned())),
        ("dpi.key_file", of(|settings| settings.key_file.display().to_string())),
        ("dpi.certificate_file", of(|settings| settings.certificate_file.display().to_string())),
    ]
}

fn blob_lines(blobs: &BlobLocation) -> Vec<(&'static str, String)> {
    match blobs {
        BlobLocation::Folder(folder) => vec![("blobs.folder", folder.display().to_string())],
        BlobLocation::S3(S3Settings { bucket, region, endpoint, credentials, allow_http }) => vec![
            ("blobs.s3.bucket", bucket.clone()),
            ("blobs.s3.region", region.clone()),
            ("blobs.s3.endpoint", shown(endpoint.as_ref())),
            ("blobs.s3.access_key_id", shown(credentials.as_ref().map(|_| SECRET))),
            ("blobs.s3.secret_access_key", shown(credentials.as_ref().map(|_| SECRET))),
            ("blobs.s3.allow_http", allow_http.to_string()),
        ],
    }
}

fn notification_lines(NotificationSettings { sms, email }: &NotificationSettings) -> [(&'static str, String); 11] {
    let of_sms = |field: fn(&SmsSettings) -> String| shown(sms.as_ref().map(field));
    let of_email = |field: fn(&EmailSettings) -> String| shown(email.as_ref().map(field));
    [
        ("notifications.sms.url", of_sms(|sms| sms.url.clone())),
        ("notifications.sms.shape", of_sms(|sms| <&str>::from(sms.shape).to_owned())),
        ("notifications.sms.sender", of_sms(|sms| sms.sender.clone())),
        ("notifications.sms.user", of_sms(|sms| shown(sms.user.as_ref()))),
        ("notifications.sms.secret", of_sms(|_| SECRET.to_owned())),
        ("notifications.email.host", of_email(|email| email.host.clone())),
        ("notifications.email.port", of_email(|email| email.port.to_string())),
        ("notifications.email.encryption", of_email(|email| <&str>::from(email.encryption).to_owned())),
        ("notifications.email.user", of_email(|email| shown(email.user.as_ref()))),
        ("notifications.email.password", of_email(|email| shown(email.password.as_ref().map(|_| SECRET)))),
        ("notifications.email.from", of_email(|email| email.from.to_string())),
    ]
}

fn print_lines(print: Option<&PrintSettings>) -> [(&'static str, String); 3] {
    let (folder, url, secret) = match print {
        None => (None, None, None),
        Some(PrintSettings::Folder(folder)) => (Some(folder.display()), None, None),
        Some(PrintSettings::Service { url, secret: _ }) => (None, Some(url), Some(SECRET)),
    };
    [("print.folder", shown(folder)), ("print.url", shown(url)), ("print.secret", shown(secret))]
}

fn digipost_lines(digipost: Option<&DigipostSettings>) -> [(&'static str, String); 5] {
    let of = |field: fn(&DigipostSettings) -> String| shown(digipost.map(field));
    [
        ("digipost.url", of(|settings| settings.url.clone())),
        ("digipost.sender_id", of(|settings| settings.sender_id.clone())),
        ("digipost.key_file", of(|settings| settings.key_file.display().to_string())),
        ("digipost.authentication_level", of(|settings| <&str>::from(settings.authentication_level).to_owned())),
        ("digipost.identify", of(|settings| settings.identify.to_string())),
    ]
}

fn listed(values: &[impl ToString]) -> String {
    format!("[{}]", values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn shown(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| NOT_SET.to_owned(), |value| value.to_string())
}
