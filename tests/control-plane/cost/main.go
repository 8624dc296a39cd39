// Command cost says what admission policies cost the API server in CEL's units, by the API server's own code.
//
// Standard input is JSON: policies (with or without their bindings) and cases, as in the type input below. Standard output
// is JSON too: a row for each case and each policy that is about it. A validating policy sees what the mutating ones leave.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	v1 "k8s.io/api/admissionregistration/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

type input struct {
	Policies []json.RawMessage `json:"policies"`
	Cases    []testCase        `json:"cases"`
}

// row is a line of the table. Costs are in CEL's units.
type row struct {
	Policy string `json:"policy"`
	Case   string `json:"case"`
	// Of validations and messages together, or of the dearest mutation.
	Cost int64 `json:"cost"`
	// Of the match conditions, which have a budget of their own.
	Conditions int64  `json:"conditions"`
	Dearest    uint64 `json:"dearest"`
	DearestIs  string `json:"dearestIs"`
	Verdict    string `json:"verdict"`
}

type output struct {
	// The API server's limits: of a policy for a request, of its match conditions, and of one expression.
	Budget     int64 `json:"budget"`
	Conditions int64 `json:"conditions"`
	Expression int64 `json:"expression"`
	Rows       []row `json:"rows"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(from io.Reader, to io.Writer) error {
	var asked input
	if err := json.NewDecoder(from).Decode(&asked); err != nil {
		return fmt.Errorf("cannot read the policies and cases: %w", err)
	}
	mutating, validating, err := compile(asked.Policies)
	if err != nil {
		return err
	}
	told := output{
		Budget: celconfig.RuntimeCELCostBudget, Conditions: celconfig.RuntimeCELCostBudgetMatchConditions,
		Expression: celconfig.PerCallLimit,
	}
	for _, asked := range asked.Cases {
		rows, err := asked.rows(context.Background(), mutating, validating)
		if err != nil {
			return fmt.Errorf("case %s: %w", asked.Name, err)
		}
		told.Rows = append(told.Rows, rows...)
	}
	return json.NewEncoder(to).Encode(told)
}

func compile(texts []json.RawMessage) (mutating, validating []*policy, err error) {
	for _, text := range texts {
		object, err := decode(text)
		if err != nil {
			return nil, nil, err
		}
		var p *policy
		switch object := object.(type) {
		case *v1.MutatingAdmissionPolicy:
			p, err = compileMutating(object)
			mutating = append(mutating, p)
		case *v1.ValidatingAdmissionPolicy:
			p, err = compileValidating(object)
			validating = append(validating, p)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return mutating, validating, nil
}
