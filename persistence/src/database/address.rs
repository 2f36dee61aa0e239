//! The address of a PostgreSQL server, completed by what makes a dead network known.

/// What holds where the operator has not said otherwise in the URL: seconds, but for `tcp_user_timeout`, milliseconds. A
/// server that does not take our bytes for ten seconds, or has been silent for 25, is gone; the next of several hosts is
/// tried after five.
const DEFAULTS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_count", "3"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("tcp_user_timeout", "10000"),
];

/// The URL with the defaults that it leaves open.
pub(super) fn completed(url: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_set = |name: &str| query.split('&').any(|parameter| parameter.split('=').next() == Some(name));
    DEFAULTS.iter().filter(|(name, _)| !is_set(name)).fold(url.to_owned(), |url, (name, value)| {
        let separator = match url.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{url}{separator}{name}={value}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_has_set_stays() {
        let all =
            "connect_timeout=5&keepalives_count=3&keepalives_idle=10&keepalives_interval=5&tcp_user_timeout=10000";
        let table = [
            ("postgres://u@h/db", format!("postgres://u@h/db?{all}")),
            ("postgres://u@h/db?", format!("postgres://u@h/db?{all}")),
            (
                "postgres://u@h1:1,h2:2/db?target_session_attrs=read-write",
                format!("postgres://u@h1:1,h2:2/db?target_session_attrs=read-write&{all}"),
            ),
            (
                "postgres://u@h/db?tcp_user_timeout=0&connect_timeout=2",
                "postgres://u@h/db?tcp_user_timeout=0&connect_timeout=2&keepalives_count=3&keepalives_idle=10\
                 &keepalives_interval=5"
                    .to_owned(),
            ),
        ];
        for (url, expected) in table {
            assert_eq!(completed(url), expected);
        }
    }
}
