//go:build auth

package main

// Auth providers, as kubectl and k9s have them.
import _ "k8s.io/client-go/plugin/pkg/client/auth"
