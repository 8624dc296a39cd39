//! Fuzzes `properties/jwt.rs`.
#![no_main]

#[path = "../properties/jwt.rs"]
mod jwt;

libfuzzer_sys::fuzz_target!(|data: &[u8]| jwt::holds(data));
