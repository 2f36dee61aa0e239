//! Which addresses the program sends to when somebody else names them: those that are open to the world, and none inside.
//!
//! A name is looked up by this resolver each time that a connection is made, and the connection goes to an address that it
//! has let through. So a name that leads elsewhere the second time (DNS rebinding) leads nowhere.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What is let through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicOnly {
    /// This machine, too, and without TLS: for a sandbox whose receivers run beside it.
    pub(crate) and_loopback: bool,
}

/// A name that leads to no address that is let through.
#[derive(Debug)]
pub(crate) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to no address that is open to the world")
    }
}

impl std::error::Error for NotPublic {}

impl PublicOnly {
    /// Whether an address of the web may be sent to, as far as it shows: https, no user, and no host that is an address
    /// inside. What a name leads to shows when it is looked up.
    pub(crate) fn admits(self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let address = address_in(host);
        let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && is_here(url) && self.and_loopback);
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        scheme_fits && is_plain && address.is_none_or(|address| self.lets_through(address))
    }

    fn lets_through(self, address: IpAddr) -> bool {
        is_public(address) || (self.and_loopback && address.is_loopback())
    }
}

/// Whether an address of the web is one of this machine, as far as it shows.
pub(crate) fn is_here(url: &Url) -> bool {
    let is_loopback = |host| address_in(host).is_some_and(|address| address.is_loopback());
    url.host_str().is_some_and(|host| host == "localhost" || is_loopback(host))
}

fn address_in(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let only = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.filter(|found| only.lets_through(found.ip())).collect();
            if addresses.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is open to the world, by the registries of special addresses (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !matches!(
        (first, second, third),
        // This network, private, this machine.
        (0 | 10 | 127, _, _)
            // Behind the translator of a provider (CGNAT).
            | (100, 64..=127, _)
            // Link-local, where clouds keep the keys of their machines.
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            // Protocols, examples, the old way to IPv6.
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            // Measurements, examples.
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            // Many at once, reserved, all.
            | (224..=255, _, _)
    )
}

/// Only what is given out to the world (2000::/3). That leaves out this machine, unique-local, link-local and multicast
/// addresses, and those that stand for one of IPv4 (`::ffff:0:0/96`, `64:ff9b::/96`).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    match (first, second) {
        // Protocols, among them Teredo; examples; 6to4; examples again.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSIDE: [&str; 34] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
    ];
    const OUTSIDE: [&str; 9] = [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "193.168.1.1",
        "2001:4860:4860::8888",
        "2a02:c0::1",
    ];

    #[test]
    fn addresses_inside_are_told_from_those_outside() {
        for text in INSIDE {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in OUTSIDE {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn only_https_to_the_world_is_admitted_however_an_address_is_written() {
        let (only, and_loopback) = (PublicOnly { and_loopback: false }, PublicOnly { and_loopback: true });
        let table = [
            ("https://ehr.example.no/hook?a=b", true, true),
            ("https://8.8.8.8:8443/", true, true),
            ("https://[2a02:c0::1]/", true, true),
            ("http://ehr.example.no/", false, false),
            ("ftp://ehr.example.no/", false, false),
            ("https://kari:hush@ehr.example.no/", false, false),
            ("https://ehr.example.no/#part", false, false),
            ("https://10.0.0.1/", false, false),
            ("https://0x0a.0.0.1/", false, false),
            ("https://167772161/", false, false),
            ("https://[::ffff:10.0.0.1]/", false, false),
            ("https://169.254.169.254/latest", false, false),
            ("http://169.254.169.254/latest", false, false),
            ("https://127.0.0.1/", false, true),
            ("http://127.0.0.1:9000/", false, true),
            ("http://2130706433/", false, true),
            ("http://[::1]/", false, true),
            ("http://localhost:9000/", false, true),
        ];
        for (text, in_production, in_sandbox) in table {
            let url = Url::parse(text).expect("an address");
            assert_eq!((only.admits(&url), and_loopback.admits(&url)), (in_production, in_sandbox), "{text}");
        }
    }

    #[test]
    fn a_name_that_leads_inside_leads_nowhere() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let look_up = |only: PublicOnly| {
            let name: Name = "localhost".parse().expect("a name");
            runtime.block_on(only.resolve(name)).map(Iterator::count)
        };
        let refused = look_up(PublicOnly { and_loopback: false }).expect_err("it leads inside");
        assert!(refused.downcast_ref::<NotPublic>().is_some());
        assert!(look_up(PublicOnly { and_loopback: true }).expect("it is let through") > 0);
    }
}
