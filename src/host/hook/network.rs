//! Networks in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3).

use std::net::IpAddr;

/// Whether an address is in a network. False for a text that is no network.
pub(super) fn contains(network: &str, address: IpAddr) -> bool {
    let Some((base, length)) = parse(network) else { return false };
    match (base, address.to_canonical()) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            (base.to_bits() ^ address.to_bits()) & mask == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            (base.to_bits() ^ address.to_bits()) & mask == 0
        }
        _ => false,
    }
}

/// Address and prefix length, which fits the address. A mapped IPv4 network is an IPv4 network.
fn parse(network: &str) -> Option<(IpAddr, u32)> {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(prefix_length(length)?)),
        None => (network, None),
    };
    let base: IpAddr = base.parse().ok()?;
    let whole = if base.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(whole);
    match base.to_canonical() {
        canonical if canonical.is_ipv4() && base.is_ipv6() && length >= 96 => {
            Some((canonical, length - 96)).filter(|(_, length)| *length <= 32)
        }
        _ => (length <= whole).then_some((base, length)),
    }
}

/// Digits alone: `parse` would take a sign.
fn prefix_length(text: &str) -> Option<u32> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_in(address: &str, network: &str) -> bool {
        contains(network, address.parse().unwrap())
    }

    #[test]
    fn addresses_are_in_their_networks() {
        for (address, network) in [
            ("10.1.2.3", "10.0.0.0/8"),
            ("10.255.255.255", "10.0.0.0/8"),
            ("10.1.2.3", "10.9.9.9/8"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.0/31"),
            ("203.0.113.9", "0.0.0.0/0"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:db8::1", "::/0"),
            ("::ffff:10.1.2.3", "10.0.0.0/8"),
            ("10.1.2.3", "::ffff:10.0.0.0/104"),
            ("10.1.2.3", "::ffff:10.1.2.3"),
        ] {
            assert!(is_in(address, network), "{address} in {network}");
        }
    }

    #[test]
    fn others_are_not() {
        for (address, network) in [
            ("11.0.0.0", "10.0.0.0/8"),
            ("9.255.255.255", "10.0.0.0/8"),
            ("192.0.2.2", "192.0.2.0/31"),
            ("2001:db9::", "2001:db8::/32"),
            ("::ffff:11.1.2.3", "10.0.0.0/8"),
            // The families are networks of their own.
            ("10.1.2.3", "::/0"),
            ("2001:db8::1", "0.0.0.0/0"),
            ("::ffff:10.1.2.3", "::/0"),
        ] {
            assert!(!is_in(address, network), "{address} not in {network}");
        }
    }

    #[test]
    fn what_is_no_network_holds_nothing() {
        for network in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0.0/ 8",
            "10.0.0.0/4294967304",
            "10.0/8",
            "10.0.0.0 /8",
            "example.org/8",
            "2001:db8::/129",
            "[2001:db8::]/32",
            "::ffff:10.0.0.0/129",
            "0.0.0.0/255.0.0.0",
        ] {
            assert!(!is_in("10.1.2.3", network), "{network:?}");
            assert!(!is_in("2001:db8::1", network), "{network:?}");
        }
    }
}
