//! Fuzzes `properties/kubeconfig.rs`.
#![no_main]

#[path = "../properties/kubeconfig.rs"]
mod kubeconfig;

libfuzzer_sys::fuzz_target!(|data: &[u8]| kubeconfig::holds(data));
