// Command tls12 is kube-apiserver without TLS 1.3: it has a flag for the oldest version of TLS, and none for the newest.
//
// What package crypto/tls offers where nobody asks for a version is not exported; the linker is told to allow this
// (-checklinkname=0). Its requests to others, such as an identity provider, are of TLS 1.2 too.
package main

import (
	"crypto/tls"
	"os"
	_ "time/tzdata"
	_ "unsafe"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

//go:linkname supportedVersions crypto/tls.supportedVersions
var supportedVersions []uint16

func main() {
	supportedVersions = []uint16{tls.VersionTLS12}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
