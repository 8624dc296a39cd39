package main

import (
	"context"
	"fmt"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// meter notes the dearest expression of a policy: each has a limit of its own, beside the budget of them all.
type meter struct {
	cel.Compiler
	cost uint64
	name string
}

// measure puts a meter into everything that the compiler compiles from now on.
func measure(compiler *cel.CompositedCompiler) *meter {
	m := &meter{Compiler: compiler.Compiler}
	compiler.Compiler = m
	compiler.ConditionCompiler = metered{m}
	compiler.MutatingCompiler = metered{m}
	return m
}

func (m *meter) reset() {
	m.cost, m.name = 0, ""
}

func (m *meter) CompileCELExpression(expression cel.ExpressionAccessor, declarations cel.OptionalVariableDeclarations,
	mode environment.Type) cel.CompilationResult {
	result := m.Compiler.CompileCELExpression(expression, declarations, mode)
	if result.Program != nil {
		name := fmt.Sprintf("%T", expression)
		if named, ok := expression.(cel.NamedExpressionAccessor); ok {
			name = "variables." + named.GetName()
		}
		result.Program = program{result.Program, m, name}
	}
	return result
}

// program is a compiled expression that tells its meter what each evaluation cost.
type program struct {
	celgo.Program
	meter *meter
	name  string
}

func (p program) ContextEval(ctx context.Context, input any) (ref.Val, *celgo.EvalDetails, error) {
	value, details, err := p.Program.ContextEval(ctx, input)
	if details != nil {
		if cost := details.ActualCost(); cost != nil && *cost > p.meter.cost {
			p.meter.cost, p.meter.name = *cost, p.name
		}
	}
	return value, details, err
}

// metered compiles conditions and mutations by way of the meter.
type metered struct {
	meter *meter
}

func (c metered) CompileCondition(expressions []cel.ExpressionAccessor, declarations cel.OptionalVariableDeclarations,
	mode environment.Type) cel.ConditionEvaluator {
	results := make([]cel.CompilationResult, len(expressions))
	for i, expression := range expressions {
		if expression != nil {
			results[i] = c.meter.CompileCELExpression(expression, declarations, mode)
		}
	}
	return cel.NewCondition(results)
}

func (c metered) CompileMutatingEvaluator(expression cel.ExpressionAccessor, declarations cel.OptionalVariableDeclarations,
	mode environment.Type) cel.MutatingEvaluator {
	return cel.NewMutatingEvaluator(c.meter.CompileCELExpression(expression, declarations, mode))
}
