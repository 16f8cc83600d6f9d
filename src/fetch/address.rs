//! Which addresses and names are on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What may be reached.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressPolicy {
    /// Loopback and the private networks too.
    pub(super) allow_private: bool,
    /// The operator's own: never reached, in whatever form.
    pub(super) blocked: Vec<IpAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Global,
    /// This host, or networks behind it.
    Private,
    /// Nobody publishes documents there: link-local, multicast, reserved, the metadata services of clouds.
    Never,
}

use Scope::{Never, Private};

/// The IANA registry of special-purpose addresses (RFC 6890), multicast and class E; first the exceptions of ranges
/// that follow.
const V4: &[(Ipv4Addr, u32, Scope)] = &[
    // Metadata of clouds: Alibaba's is in shared space, Azure's is public.
    (Ipv4Addr::new(100, 100, 100, 200), 32, Never),
    (Ipv4Addr::new(168, 63, 129, 16), 32, Never),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Never),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Never),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Never),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Never),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Never),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Never),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Never),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Never),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Never),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Never),
];

const V6: &[(Ipv6Addr, u32, Scope)] = &[
    // The metadata service of AWS.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, Never),
    (Ipv6Addr::LOCALHOST, 128, Private),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Never),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Never),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Never),
    // Of all else, only this is allocated as global unicast. So `::`, `100::/64`, `64:ff9b:1::/48`, `5f00::/16`,
    // `fe80::/10`, `fec0::/10` and `ff00::/8` need no line.
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Scope::Global),
];

impl AddressPolicy {
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let is_blocked = |address: IpAddr| self.blocked.iter().any(|own| own.to_canonical() == address);
        if is_blocked(address.to_canonical()) {
            return false;
        }
        let scope = match address {
            IpAddr::V4(address) => scope_of_v4(address),
            IpAddr::V6(address) => match embedded_v4(address) {
                Some(inner) if is_blocked(inner.into()) => Never,
                Some(inner) => scope_of_v4(inner),
                None => scope_of_v6(address),
            },
        };
        match scope {
            Scope::Global => true,
            Private => self.allow_private,
            Never => false,
        }
    }

    /// Whether a name can be one of the public internet. A search list completes a name without a dot, and the others
    /// are names of a local network.
    pub(super) fn allows_name(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_local =
            ["localhost", "local", "internal"].iter().any(|suffix| last.eq_ignore_ascii_case(suffix));
        self.allow_private || (name.contains('.') && !is_local)
    }
}

fn scope_of_v4(address: Ipv4Addr) -> Scope {
    let differs = |range: Ipv4Addr, length: u32| (address.to_bits() ^ range.to_bits()) >> (32 - length) != 0;
    V4.iter().find(|(range, length, _)| !differs(*range, *length)).map_or(Scope::Global, |(.., scope)| *scope)
}

fn scope_of_v6(address: Ipv6Addr) -> Scope {
    let differs = |range: Ipv6Addr, length: u32| (address.to_bits() ^ range.to_bits()) >> (128 - length) != 0;
    V6.iter().find(|(range, length, _)| !differs(*range, *length)).map_or(Never, |(.., scope)| *scope)
}

/// The IPv4 address that a translator or a tunnel would send to: IPv4-mapped, NAT64 (RFC 6052), 6to4 (RFC 3056).
///
/// Not that of the local NAT64 prefix (RFC 8215), which can be read in several ways: it is refused as a whole.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allow_private: bool, address: &str) -> bool {
        AddressPolicy { allow_private, blocked: Vec::new() }.allows(address.parse().unwrap())
    }

    /// S-NET-03: both ends of each range.
    #[test]
    fn s_net_03_special_addresses_are_refused() {
        for range in [
            "0.0.0.0 0.255.255.255",
            "10.0.0.0 10.255.255.255",
            "100.64.0.0 100.127.255.255",
            "127.0.0.0 127.255.255.255",
            "169.254.0.0 169.254.255.255",
            "172.16.0.0 172.31.255.255",
            "192.0.0.0 192.0.0.255",
            "192.0.2.0 192.0.2.255",
            "192.88.99.0 192.88.99.255",
            "192.168.0.0 192.168.255.255",
            "198.18.0.0 198.19.255.255",
            "198.51.100.0 198.51.100.255",
            "203.0.113.0 203.0.113.255",
            "224.0.0.0 239.255.255.255",
            "240.0.0.0 255.255.255.255",
            "169.254.169.254 169.254.170.2",
            "100.100.100.200 168.63.129.16",
            ":: ::1",
            "::ffff:0:0 ::ffff:127.0.0.1",
            "::ffff:10.0.0.0 ::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1 64:ff9b::168.63.129.16",
            "64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "64:ff9b:1::8.8.8.8 64:ff9b::1:0:0",
            "100:: 100::ffff:ffff:ffff:ffff",
            "2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2002:: 2002:7f00:1::",
            "2002:a00:1:: 2002:a9fe:a9fe:ffff::1",
            "3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fd00:ec2::254 ::127.0.0.1",
        ] {
            for address in range.split(' ') {
                assert!(!allows(false, address), "{address}");
            }
        }
    }

    /// The addresses just outside the ranges, and well-known ones.
    #[test]
    fn global_addresses_are_allowed() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "8.8.8.8",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2000::1",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2001:4860:4860::8888",
            "2003::1",
            "3ffe:ffff::",
            "2606:4700::1111",
        ] {
            assert!(allows(false, address), "{address}");
        }
    }

    #[test]
    fn the_switch_opens_private_networks_only() {
        for address in
            ["127.0.0.1", "::1", "10.1.2.3", "::ffff:192.168.0.1", "fd00::1", "100.64.0.1", "2002:a00:1::"]
        {
            assert!(allows(true, address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!allows(true, address), "{address}");
        }
    }

    #[test]
    fn blocked_addresses_are_refused_in_every_form() {
        let blocked = vec!["8.8.8.8".parse().unwrap(), "::ffff:9.9.9.9".parse().unwrap()];
        let policy = AddressPolicy { allow_private: true, blocked };
        for address in ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "9.9.9.9"] {
            assert!(!policy.allows(address.parse().unwrap()), "{address}");
        }
        assert!(policy.allows("8.8.4.4".parse().unwrap()));
    }

    /// S-NET-02
    #[test]
    fn local_names_are_refused() {
        let policy = AddressPolicy::default();
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "a.local.",
            "metadata.google.internal",
            "intranet",
        ] {
            assert!(!policy.allows_name(name), "{name}");
        }
        for name in ["a.example", "a.example.", "localhost.example", "internal.example"] {
            assert!(policy.allows_name(name), "{name}");
        }
    }
}
