//! RSA by OpenSSL and RSA by josekit decide alike.

use std::thread;

use super::*;
use crate::jose::prepare::Prepared;

const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// The key made ready by either.
fn both(key: &TestKey, algorithm: Algorithm) -> [Prepared; 2] {
    let [n, e] = ["n", "e"].map(|name| key.pair.parameter(name).unwrap().to_string());
    let canonical = format!(r#"{{"e":{e},"kty":"RSA","n":{n}}}"#);
    let made = Prepared::new(algorithm, &canonical).unwrap();
    assert!(matches!(made, Prepared::OpenSsl(_)));
    [made, Prepared::by_josekit(algorithm, &canonical).unwrap()]
}

/// Signatures of every RSA algorithm by two keys, whole and damaged, each tried with every algorithm of the first key.
///
/// Accepts: S-JOSE-01
/// Refuses: S-JOSE-01
#[test]
fn rsa_is_decided_as_josekit_decides_it() {
    let input = b"eyJhbGciOiJub25lIn0.e30";
    let first = TestKey::new(Algorithm::Rs256);
    let mut signatures = vec![vec![], vec![0], vec![0; 256], vec![0xff; 256]];
    for algorithm in RSA {
        let key = TestKey { algorithm, pair: first.pair.clone() };
        let good = key.signer().sign(input).unwrap();
        for at in [0, 1, 127, 128, 254, 255] {
            let mut damaged = good.clone();
            damaged[at] ^= 1;
            signatures.push(damaged);
        }
        signatures.push(good[1..].to_vec());
        signatures.push(good[..255].to_vec());
        signatures.push([&[0], &*good].concat());
        signatures.push([&*good, &[0]].concat());
        signatures.push(good);
        signatures.push(TestKey::other_rsa(algorithm).signer().sign(input).unwrap());
    }
    for algorithm in RSA {
        let [openssl, josekit] = both(&first, algorithm);
        let verdicts = |verifier: &Prepared| -> Vec<bool> {
            signatures.iter().map(|signature| verifier.verify(input, signature)).collect()
        };
        let found = verdicts(&openssl);
        assert_eq!(found, verdicts(&josekit), "{algorithm:?}");
        // Shorter ones are not for them to judge.
        let whole = signatures.iter().zip(&found).filter(|(signature, _)| signature.len() == 256);
        assert_eq!(whole.filter(|(_, holds)| **holds).count(), 1, "{algorithm:?}");
    }
}

/// What one thread verifies, and whether it fails, is nothing to another: contexts are shared, one user at a time.
#[test]
fn an_rsa_key_serves_many_threads() {
    let key = TestKey::new(Algorithm::Ps256);
    let [openssl, _] = both(&key, Algorithm::Ps256);
    thread::scope(|scope| {
        for thread in 0..4_u8 {
            let (openssl, key) = (&openssl, &key);
            scope.spawn(move || {
                let input = [thread; 40];
                let good = key.signer().sign(&input).unwrap();
                for round in 0..50 {
                    assert!(openssl.verify(&input, &good), "thread {thread}, round {round}");
                    assert!(!openssl.verify(&[thread ^ 0x80; 40], &good), "thread {thread}, round {round}");
                }
            });
        }
    });
}
