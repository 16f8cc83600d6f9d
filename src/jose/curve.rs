//! Arithmetic on public points: whether a point lies on its curve, and whether it is of small order.
//!
//! Everything here is public, so nothing needs constant time. It only ever refuses keys: the library that
//! verifies decides for itself whether it takes the rest.

use super::jwk::KeyType;

/// The length of a coordinate in bytes. Nothing for RSA.
pub(super) fn coordinate_len(key_type: KeyType) -> Option<usize> {
    match key_type {
        KeyType::Rsa => None,
        KeyType::P256 | KeyType::Secp256k1 | KeyType::Ed25519 | KeyType::X25519 => Some(32),
        KeyType::P384 => Some(48),
        KeyType::P521 => Some(66),
        KeyType::Ed448 => Some(57),
        KeyType::X448 => Some(56),
    }
}

/// Whether big-endian coordinates of the full length are a point of the curve. True for types without such a
/// curve.
pub(super) fn has_point(key_type: KeyType, x: &[u8], y: &[u8]) -> bool {
    match key_type {
        KeyType::P256 => P256.has(x, y),
        KeyType::P384 => P384.has(x, y),
        KeyType::P521 => P521.has(x, y),
        KeyType::Secp256k1 => SECP256K1.has(x, y),
        _ => true,
    }
}

/// Whether an Edwards point of the full length is of small order, in any of its encodings: one signature then
/// verifies every message. Encodings of `y` above the field, which RFC 8032 sections 5.1.3 and 5.2.3 refuse,
/// count too. False for types without such a curve.
pub(super) fn is_small_order(key_type: KeyType, point: &[u8]) -> bool {
    match key_type {
        KeyType::Ed25519 => {
            let y = y_of(point);
            let [minus_one, field] = [0xec, 0xed].map(|low| [&[0x7f][..], &[0xff; 30], &[low]].concat());
            is_tiny(&y) || ORDER_EIGHT.iter().any(|own| own[..] == y[..]) || y == minus_one || y >= field
        }
        KeyType::Ed448 => {
            // 2^448 - 2^224 - 1, behind the byte that holds only the sign.
            let field = [&[0][..], &[0xff; 27], &[0xfe], &[0xff; 28]].concat();
            let minus_one = [&[0][..], &[0xff; 27], &[0xfe], &[0xff; 27], &[0xfe]].concat();
            let y = y_of(point);
            is_tiny(&y) || y == minus_one || y >= field
        }
        _ => false,
    }
}

/// The points of order eight on Ed25519, `y` big-endian.
const ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0x05, 0xfc, 0x53, 0x6d, 0x88, 0x02, 0x38, 0xb1, 0x39, 0x33, 0xc6, 0xd3, 0x05, 0xac, 0xdf, 0xd5, 0xf0,
        0x98, 0xef, 0xf2, 0x89, 0xf4, 0xc3, 0x45, 0xb0, 0x27, 0xb2, 0xc2, 0x8f, 0x95, 0xe8, 0x26,
    ],
    [
        0x7a, 0x03, 0xac, 0x92, 0x77, 0xfd, 0xc7, 0x4e, 0xc6, 0xcc, 0x39, 0x2c, 0xfa, 0x53, 0x20, 0x2a, 0x0f,
        0x67, 0x10, 0x0d, 0x76, 0x0b, 0x3c, 0xba, 0x4f, 0xd8, 0x4d, 0x3d, 0x70, 0x6a, 0x17, 0xc7,
    ],
];

/// The `y` of a point, big-endian. It is sent little-endian with the sign of `x` in its highest bit, which is
/// dropped.
fn y_of(point: &[u8]) -> Vec<u8> {
    let mut y: Vec<u8> = point.iter().rev().copied().collect();
    if let Some(first) = y.first_mut() {
        *first &= 0x7f;
    }
    y
}

/// Zero or one: orders four and one.
fn is_tiny(y: &[u8]) -> bool {
    y.split_last().is_some_and(|(last, rest)| *last <= 1 && rest.iter().all(|byte| *byte == 0))
}

/// A curve `y² = x³ + ax + b` over a prime field. Numbers are limbs of 64 bits, least first.
struct Curve<const N: usize> {
    p: [u64; N],
    /// Whether `a` is -3; otherwise it is 0.
    a_is_minus_three: bool,
    b: [u64; N],
}

const P256: Curve<4> = Curve {
    p: [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001],
    a_is_minus_three: true,
    b: [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7],
};

const P384: Curve<6> = Curve {
    p: [0x0000_0000_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_fffe, u64::MAX, u64::MAX, u64::MAX],
    a_is_minus_three: true,
    b: [
        0x2a85_c8ed_d3ec_2aef,
        0xc656_398d_8a2e_d19d,
        0x0314_088f_5013_875a,
        0x181d_9c6e_fe81_4112,
        0x988e_056b_e3f8_2d19,
        0xb331_2fa7_e23e_e7e4,
    ],
};

const P521: Curve<9> = Curve {
    p: [u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, 0x1ff],
    a_is_minus_three: true,
    b: [
        0xef45_1fd4_6b50_3f00,
        0x3573_df88_3d2c_34f1,
        0x1652_c0bd_3bb1_bf07,
        0x5619_3951_ec7e_937b,
        0xb8b4_8991_8ef1_09e1,
        0xa2da_725b_99b3_15f3,
        0x929a_21a0_b685_40ee,
        0x953e_b961_8e1c_9a1f,
        0x51,
    ],
};

const SECP256K1: Curve<4> = Curve {
    p: [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX],
    a_is_minus_three: false,
    b: [7, 0, 0, 0],
};

impl<const N: usize> Curve<N> {
    fn has(&self, x: &[u8], y: &[u8]) -> bool {
        let (x, y) = (limbs::<N>(x), limbs::<N>(y));
        if !self.is_below_p(&x) || !self.is_below_p(&y) {
            return false;
        }
        // A product here is ab/R (Montgomery), so both sides are compared as their R²-th parts.
        let one = limbs::<N>(&[1]);
        let left = self.product(&self.product(&y, &y), &one);
        let mut right = self.sum(&self.product(&self.product(&x, &x), &x), &self.scaled(&self.b));
        if self.a_is_minus_three {
            let x = self.scaled(&x);
            for _ in 0..3 {
                right = self.difference(&right, &x);
            }
        }
        left == right
    }

    /// `a/R²`
    fn scaled(&self, a: &[u64; N]) -> [u64; N] {
        let one = limbs::<N>(&[1]);
        self.product(&self.product(a, &one), &one)
    }

    /// `ab/R` modulo `p`, where `R` is 2 to the number of bits in the limbs (Montgomery multiplication).
    fn product(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let inverse = self.inverse();
        let mut total = [0; N];
        let mut high = 0;
        for a in a {
            let carry = add_product(&mut total, *a, b);
            let (sum, over) = carry_into(high, carry);
            // The multiple of p that makes the lowest limb zero, so that it can be shifted out.
            let factor = total.first().copied().unwrap_or_default().wrapping_mul(inverse);
            let carry = add_product(&mut total, factor, &self.p);
            let (sum, over_again) = carry_into(sum, carry);
            total.rotate_left(1);
            if let Some(last) = total.last_mut() {
                *last = sum;
            }
            high = over + over_again;
        }
        if high > 0 || !self.is_below_p(&total) { subtract(&total, &self.p).0 } else { total }
    }

    fn sum(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let mut total = *a;
        let carry = add_product(&mut total, 1, b);
        if carry > 0 || !self.is_below_p(&total) { subtract(&total, &self.p).0 } else { total }
    }

    fn difference(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let (mut rest, borrow) = subtract(a, b);
        if borrow {
            add_product(&mut rest, 1, &self.p);
        }
        rest
    }

    fn is_below_p(&self, a: &[u64; N]) -> bool {
        a.iter().rev().lt(self.p.iter().rev())
    }

    /// `-1/p` modulo 2^64. Each step of Newton's iteration doubles the bits that are right; `p` itself has
    /// three.
    fn inverse(&self) -> u64 {
        let p = self.p.first().copied().unwrap_or_default();
        let mut inverse = p;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        }
        inverse.wrapping_neg()
    }
}

/// The limbs of big-endian bytes.
fn limbs<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut limbs = [0; N];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    }
    limbs
}

/// Adds `factor * b` to `total`; what does not fit is returned.
fn add_product<const N: usize>(total: &mut [u64; N], factor: u64, b: &[u64; N]) -> u64 {
    let mut carry = 0;
    for (limb, b) in total.iter_mut().zip(b) {
        let sum = u128::from(factor) * u128::from(*b) + u128::from(*limb) + u128::from(carry);
        (*limb, carry) = split(sum);
    }
    carry
}

/// The sum, and what does not fit.
fn carry_into(a: u64, b: u64) -> (u64, u64) {
    split(u128::from(a) + u128::from(b))
}

/// The low and the high half.
#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn split(sum: u128) -> (u64, u64) {
    (sum as u64, (sum >> 64) as u64)
}

/// The difference, and whether it is below zero.
fn subtract<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], bool) {
    let mut rest = *a;
    let mut borrow = false;
    for (limb, b) in rest.iter_mut().zip(b) {
        let (first, under) = limb.overflowing_sub(*b);
        let (second, under_again) = first.overflowing_sub(u64::from(borrow));
        (*limb, borrow) = (second, under || under_again);
    }
    (rest, borrow)
}
