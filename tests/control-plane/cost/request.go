package main

import (
	"context"
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	// The kinds, with their defaults.
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/authentication/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
)

// testCase is a request as a client sends it, and the namespace that it is about.
type testCase struct {
	Name      string          `json:"name"`
	Namespace json.RawMessage `json:"namespace"`
	User      string          `json:"user"`
	// Such as pods, or pods/ephemeralcontainers.
	Resource  string          `json:"resource"`
	Object    json.RawMessage `json:"object"`
	OldObject json.RawMessage `json:"oldObject"`
	// What the policies' questions to the authorizer are answered.
	Allowed bool `json:"allowed"`
}

// request is a case as the API server hands it to policies.
type request struct {
	name       string
	attributes *admission.VersionedAttributes
	resource   schema.GroupVersionResource
	namespace  *corev1.Namespace
	authorizer authorizer.Authorizer
	interfaces admission.ObjectInterfaces
}

// decode reads an object and sets its defaults, as the API server does before admission.
func decode(text []byte) (runtime.Object, error) {
	object, _, err := legacyscheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(object)
	return object, nil
}

func (c testCase) request() (*request, error) {
	object, err := decode(c.Object)
	if err != nil {
		return nil, err
	}
	namespace, err := decode(c.Namespace)
	if err != nil {
		return nil, err
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return nil, err
	}
	var old runtime.Object
	operation := admission.Create
	if len(c.OldObject) > 0 && string(c.OldObject) != "null" {
		operation = admission.Update
		if old, err = decode(c.OldObject); err != nil {
			return nil, err
		}
	}
	kind := object.GetObjectKind().GroupVersionKind()
	name, subresource, _ := strings.Cut(c.Resource, "/")
	resource := kind.GroupVersion().WithResource(name)
	of := namespace.(*corev1.Namespace)
	attributes := admission.NewAttributesRecord(object, old, kind, of.Name, metadata.GetName(), resource, subresource,
		operation, nil, false, &user.DefaultInfo{Name: c.User, Groups: []string{"system:authenticated"}})
	answer := authorizer.DecisionDeny
	if c.Allowed {
		answer = authorizer.DecisionAllow
	}
	return &request{
		name:     c.Name,
		resource: resource, namespace: of,
		attributes: &admission.VersionedAttributes{
			Attributes: attributes, VersionedObject: object, VersionedOldObject: old, VersionedKind: kind,
		},
		authorizer: authorizer.AuthorizerFunc(
			func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
				return answer, "", nil
			}),
		interfaces: admission.NewObjectInterfacesFromScheme(legacyscheme.Scheme),
	}, nil
}

// rows has a row for each policy that is about the case.
func (c testCase) rows(ctx context.Context, mutating, validating []*policy) ([]row, error) {
	r, err := c.request()
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, policy := range mutating {
		if policy.judges(r.attributes) {
			object, row := policy.mutate(ctx, r)
			legacyscheme.Scheme.Default(object)
			r.attributes.VersionedObject = object
			rows = append(rows, row)
		}
	}
	for _, policy := range validating {
		if policy.judges(r.attributes) {
			rows = append(rows, policy.judge(ctx, r))
		}
	}
	return rows, nil
}
