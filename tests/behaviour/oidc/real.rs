//! Keycloak and a real API server: kubectl works as the user, through the kubeconfig that a login wrote, in every mode.
