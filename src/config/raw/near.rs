//! Words that are a slip away from another one.

/// How many letters may be wrong, missing or too many.
const SLIPS: usize = 2;
/// A word this short has another meaning with two letters changed.
const SHORT: usize = 4;

/// Whether the word is the other one, but for the case and two letters.
pub fn is_near(word: &str, other: &str) -> bool {
    strsim::levenshtein(&word.trim().to_lowercase(), other) <= SLIPS
}

/// The known key that is nearest to an unknown one, if any is near; `-` and `_` are one letter.
pub fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let key = key.trim().trim_start_matches(':').to_lowercase().replace('-', "_");
    // A letter that is doubled, left out or exchanged with the next one is one slip.
    let distances = known.iter().map(|known| (strsim::osa_distance(&key, known), *known));
    let bound = |known: &str| if known.len().min(key.len()) < SHORT { 1 } else { SLIPS };
    let near = distances.filter(|(distance, known)| *distance <= bound(known));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_and_the_case_are_a_slip_and_more_is_another_word() {
        for word in [
            "kubernetes",
            "Kubernetes",
            "KUBERNETES",
            "kubernets",
            "kuberntes",
            "kubernetes ",
            "kubernetess",
            "ubernetes",
        ] {
            assert!(is_near(word, "kubernetes"), "{word}");
        }
        for word in ["slurm", "kube", "openshift", "kubernetes-dev", ""] {
            assert!(!is_near(word, "kubernetes"), "{word}");
        }
    }

    #[test]
    fn the_nearest_key_is_named_if_there_is_one() {
        let known = ["endpoint", "cert_authority_file", "type", "zone", "bin"];
        for (key, near) in [
            ("endpont", Some("endpoint")),
            ("Endpoint", Some("endpoint")),
            ("cert-authority-file", Some("cert_authority_file")),
            ("tpye", Some("type")),
            (":type", Some("type")),
            ("bni", Some("bin")),
            ("lib", None),
            ("host", None),
        ] {
            assert_eq!(nearest(key, &known), near, "{key}");
        }
    }
}
