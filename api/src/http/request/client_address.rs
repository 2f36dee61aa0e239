//! From whom a request is, by its address: what the connection says, or what a proxy says that the operator trusts.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

use crate::settings::{ForwardedHeader, ProxySettings};

/// The address of the client: the one nearest to us that is not a trusted proxy. What stands before it in a header may have been
/// written by anybody.
pub(in crate::http) fn client_address(request: &HttpRequest, proxies: &ProxySettings) -> Option<IpAddr> {
    Some(behind(request.peer_addr()?.ip(), request.headers(), proxies))
}

fn behind(peer: IpAddr, headers: &HeaderMap, ProxySettings { trusted, header }: &ProxySettings) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net: &IpNet| net.contains(address));
    let mut nearest = peer.to_canonical();
    let mut hops = match header {
        ForwardedHeader::XForwardedFor => hops(headers, X_FORWARDED_FOR.as_str(), |hop| Some(hop)),
        ForwardedHeader::Forwarded => hops(headers, FORWARDED.as_str(), forwarded_for),
    };
    while is_trusted(&nearest) {
        // A hop that is no address hides who is behind it: then it counts as the proxy itself.
        let Some(Some(hop)) = hops.pop() else { break };
        nearest = hop;
    }
    nearest
}

/// What a header says of each hop, the farthest first.
fn hops(headers: &HeaderMap, name: &str, node: fn(&str) -> Option<&str>) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(name).map(|value| value.to_str().unwrap_or_default());
    values.flat_map(|value| value.split(',')).map(|hop| address_of(node(hop)?)).collect()
}

/// The node of `for=` in an element of `Forwarded` (RFC 7239).
fn forwarded_for(element: &str) -> Option<&str> {
    let (_, node) = element
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    Some(node)
}

/// An address, with or without a port, in brackets or quotes.
fn address_of(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let address = match node.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if node.matches(':').count() == 1 => node.split(':').next().unwrap_or_default(),
        None => node,
    };
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn seen(peer: &str, header: ForwardedHeader, values: &[(&str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().expect("a range")).to_vec();
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        behind(peer.parse().expect("an address"), &headers, &ProxySettings { trusted, header }).to_string()
    }

    #[test]
    fn what_proxies_say_is_believed_of_those_that_are_trusted_alone() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        type Headers = &'static [(&'static str, &'static str)];
        let table: [(&str, ForwardedHeader, Headers, &str); 16] = [
            ("192.0.2.1", XForwardedFor, &[("x-forwarded-for", "198.51.100.7")], "192.0.2.1"),
            ("10.0.0.1", XForwardedFor, &[], "10.0.0.1"),
            ("10.0.0.1", XForwardedFor, &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
            ("::ffff:10.0.0.1", XForwardedFor, &[("x-forwarded-for", "::ffff:198.51.100.7")], "198.51.100.7"),
            // The client has written the first, the outer proxy the second, and the inner one the third.
            ("10.0.0.1", XForwardedFor, &[("x-forwarded-for", "203.0.113.9, 198.51.100.7,10.0.0.2")], "198.51.100.7"),
            (
                "10.0.0.1",
                XForwardedFor,
                &[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")],
                "198.51.100.7",
            ),
            ("10.0.0.1", XForwardedFor, &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", XForwardedFor, &[("x-forwarded-for", "198.51.100.7, unknown")], "10.0.0.1"),
            ("10.0.0.1", XForwardedFor, &[("x-forwarded-for", "")], "10.0.0.1"),
            ("10.0.0.1", XForwardedFor, &[("forwarded", "for=198.51.100.7")], "10.0.0.1"),
            ("10.0.0.1", Forwarded, &[("x-forwarded-for", "198.51.100.7")], "10.0.0.1"),
            ("10.0.0.1", Forwarded, &[("forwarded", "for=198.51.100.7;proto=https")], "198.51.100.7"),
            ("10.0.0.1", Forwarded, &[("forwarded", r#"proto=https; For="[2001:db8::7]:4711""#)], "2001:db8::7"),
            ("fd00::1", Forwarded, &[("forwarded", r#"for=203.0.113.9, for="198.51.100.7:80""#)], "198.51.100.7"),
            ("10.0.0.1", Forwarded, &[("forwarded", "for=_hidden")], "10.0.0.1"),
            ("10.0.0.1", Forwarded, &[("forwarded", "proto=https")], "10.0.0.1"),
        ];
        for (peer, header, values, expected) in table {
            assert_eq!(seen(peer, header, values), expected, "{peer} {values:?}");
        }
    }
}
