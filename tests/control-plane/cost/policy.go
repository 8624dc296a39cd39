package main

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	v1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// policy is one compiled policy of either kind, with what its expressions spend.
type policy struct {
	name      string
	rules     []v1.NamedRuleWithOperations
	meter     *meter
	compiler  *cel.CompositedCompiler
	condition *spy
	matcher   matchconditions.Matcher
	// Of a ValidatingAdmissionPolicy.
	validator validating.Validator
	// The validations and their messages, which share one budget, and the audit annotations, which have another.
	validations, messages, annotations *spy
	// Of a MutatingAdmissionPolicy: each mutation has a budget of its own.
	mutations []*mutationSpy
}

// spy is an evaluator that notes what of the budget is spent.
type spy struct {
	cel.ConditionEvaluator
	spent     int64
	exhausted bool
}

func (s *spy) ForInput(ctx context.Context, attributes *admission.VersionedAttributes, request *admissionv1.AdmissionRequest,
	variables cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) ([]cel.EvaluationResult, int64, error) {
	results, left, err := s.ConditionEvaluator.ForInput(ctx, attributes, request, variables, namespace, budget)
	if err != nil {
		s.exhausted = true
	} else {
		s.spent = budget - left
	}
	return results, left, err
}

// mutationSpy is the same for a mutation.
type mutationSpy struct {
	cel.MutatingEvaluator
	spent int64
}

func (s *mutationSpy) ForInput(ctx context.Context, attributes *admission.VersionedAttributes, request *admissionv1.AdmissionRequest,
	variables cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) (cel.EvaluationResult, int64, error) {
	result, left, err := s.MutatingEvaluator.ForInput(ctx, attributes, request, variables, namespace, budget)
	if err == nil {
		s.spent = budget - left
	}
	return result, left, err
}

// newPolicy prepares what both kinds have. The order of compilation and the declarations are the API server's own: see
// compilePolicy in its packages policy/validating and policy/mutating.
func newPolicy(name string, match *v1.MatchResources, variables []v1.Variable, conditions []v1.MatchCondition,
	failure *v1.FailurePolicyType) (*policy, error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	p := &policy{name: name, rules: match.ResourceRules, compiler: compiler, meter: measure(compiler), condition: &spy{}}
	named := make([]cel.NamedExpressionAccessor, len(variables))
	for i, variable := range variables {
		named[i] = &validating.Variable{Name: variable.Name, Expression: variable.Expression}
	}
	compiler.CompileAndStoreVariables(named, declarations, environment.StoredExpressions)
	if len(conditions) > 0 {
		accessors := make([]cel.ExpressionAccessor, len(conditions))
		for i := range conditions {
			accessors[i] = (*matchconditions.MatchCondition)(&conditions[i])
		}
		p.condition = p.spyOn(accessors, declarations)
		p.matcher = matchconditions.NewMatcher(p.condition, failure, "policy", "validate", name)
	}
	return p, nil
}

var declarations = cel.OptionalVariableDeclarations{HasAuthorizer: true}

func (p *policy) spyOn(accessors []cel.ExpressionAccessor, declarations cel.OptionalVariableDeclarations) *spy {
	return &spy{ConditionEvaluator: p.compiler.CompileCondition(accessors, declarations, environment.StoredExpressions)}
}

func compileValidating(object *v1.ValidatingAdmissionPolicy) (*policy, error) {
	spec := object.Spec
	p, err := newPolicy(object.Name, spec.MatchConstraints, spec.Variables, spec.MatchConditions, spec.FailurePolicy)
	if err != nil {
		return nil, err
	}
	validations := make([]cel.ExpressionAccessor, len(spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(spec.Validations))
	for i, validation := range spec.Validations {
		validations[i] = &validating.ValidationCondition{
			Expression: validation.Expression, Message: validation.Message, Reason: validation.Reason,
		}
		if validation.MessageExpression != "" {
			messages[i] = &validating.MessageExpressionCondition{MessageExpression: validation.MessageExpression}
		}
	}
	annotations := make([]cel.ExpressionAccessor, len(spec.AuditAnnotations))
	for i, annotation := range spec.AuditAnnotations {
		annotations[i] = &validating.AuditAnnotationCondition{Key: annotation.Key, ValueExpression: annotation.ValueExpression}
	}
	p.validations = p.spyOn(validations, declarations)
	p.annotations = p.spyOn(annotations, declarations)
	p.messages = p.spyOn(messages, cel.OptionalVariableDeclarations{})
	p.validator = validating.NewValidator(p.validations, p.matcher, p.annotations, p.messages, spec.FailurePolicy, nil)
	return p, nil
}

func compileMutating(object *v1.MutatingAdmissionPolicy) (*policy, error) {
	spec := object.Spec
	p, err := newPolicy(object.Name, spec.MatchConstraints, spec.Variables, spec.MatchConditions, spec.FailurePolicy)
	if err != nil {
		return nil, err
	}
	types := declarations
	types.HasPatchTypes = true
	for _, mutation := range spec.Mutations {
		if mutation.JSONPatch == nil {
			return nil, fmt.Errorf("policy %s has a mutation that is no JSONPatch: teach this program that", object.Name)
		}
		accessor := &patch.JSONPatchCondition{Expression: mutation.JSONPatch.Expression}
		evaluator := p.compiler.CompileMutatingEvaluator(accessor, types, environment.StoredExpressions)
		p.mutations = append(p.mutations, &mutationSpy{MutatingEvaluator: evaluator})
	}
	return p, nil
}

// judges says whether the policy's matchConstraints are about the request.
func (p *policy) judges(attributes admission.Attributes) bool {
	for _, rule := range p.rules {
		matcher := rules.Matcher{Rule: rule.RuleWithOperations, Attr: attributes}
		if matcher.Matches() {
			return true
		}
	}
	return false
}

// mutate returns the object as the policy leaves it.
func (p *policy) mutate(ctx context.Context, r *request) (runtime.Object, row) {
	p.meter.reset()
	ctx = p.compiler.CreateContext(ctx)
	object := r.attributes.VersionedObject
	row := row{Policy: p.name, Case: r.name, Verdict: "filled in"}
	for _, mutation := range p.mutations {
		patched, err := patch.NewJSONPatcher(mutation).Patch(ctx, patch.Request{
			MatchedResource: r.resource, VersionedAttributes: r.attributes, ObjectInterfaces: r.interfaces,
			OptionalVariables: cel.OptionalVariableBindings{Authorizer: r.authorizer}, Namespace: r.namespace,
		}, celconfig.RuntimeCELCostBudget)
		if err != nil {
			row.Verdict = "error: " + err.Error()
			break
		}
		object = patched
		row.Cost = max(row.Cost, mutation.spent)
	}
	row.Dearest, row.DearestIs = p.meter.cost, p.meter.name
	return object, row
}

// judge evaluates the policy as the API server does, and says what that cost.
func (p *policy) judge(ctx context.Context, r *request) row {
	p.meter.reset()
	for _, spy := range []*spy{p.condition, p.validations, p.messages, p.annotations} {
		spy.spent, spy.exhausted = 0, false
	}
	namespace := r.namespace
	if r.attributes.VersionedKind.Kind == "Namespace" {
		namespace = nil
	}
	result := p.validator.Validate(ctx, r.resource, r.attributes, nil, namespace, celconfig.RuntimeCELCostBudget, r.authorizer)
	row := row{
		Policy: p.name, Case: r.name, Conditions: p.condition.spent,
		Cost:    max(p.validations.spent+p.messages.spent, p.annotations.spent),
		Dearest: p.meter.cost, DearestIs: p.meter.name, Verdict: "admitted",
	}
	if p.validations.exhausted || p.messages.exhausted {
		row.Cost = celconfig.RuntimeCELCostBudget
	}
	if len(result.Decisions) == 0 {
		row.Verdict = "not judged"
	}
	for _, decision := range result.Decisions {
		if decision.Action == validating.ActionDeny {
			row.Verdict = "refused"
			if decision.Evaluation == validating.EvalError {
				row.Verdict = "error"
			}
			row.Verdict += ": " + strings.TrimSpace(decision.Message)
			break
		}
	}
	return row
}
