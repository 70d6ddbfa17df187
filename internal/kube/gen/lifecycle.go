package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// readLives reads every GROUP/VERSION/zz_generated.prerelease-lifecycle.go
// below a folder: small methods that return literals.
func readLives(root string) ([]catalog.Life, error) {
	files, err := filepath.Glob(filepath.Join(root, "*", "*", "zz_generated.prerelease-lifecycle.go"))
	if err != nil {
		return nil, err
	}
	var out []catalog.Life
	for _, file := range files {
		apiVersion, err := apiVersionOf(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		lives, err := readLifeFile(file, apiVersion)
		if err != nil {
			return nil, err
		}
		out = append(out, lives...)
	}
	return out, nil
}

func readLifeFile(file, apiVersion string) ([]catalog.Life, error) {
	fset := token.NewFileSet()
	src, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lives := map[string]*catalog.Life{}
	var kinds []string
	for _, decl := range src.Decls {
		method, ok := decl.(*ast.FuncDecl)
		if !ok || method.Recv == nil || !strings.HasPrefix(method.Name.Name, "APILifecycle") {
			continue
		}
		kind := receiver(method)
		// Lists follow their items, and options are no objects.
		if strings.HasSuffix(kind, "List") || strings.HasSuffix(kind, "Options") {
			continue
		}
		life := lives[kind]
		if life == nil {
			life = &catalog.Life{APIVersion: apiVersion, Kind: kind}
			lives[kind] = life
			kinds = append(kinds, kind)
		}
		if err := readLifeMethod(method, life); err != nil {
			return nil, fmt.Errorf("%s: %w", fset.Position(method.Pos()), err)
		}
	}
	slices.Sort(kinds)
	out := make([]catalog.Life, 0, len(kinds))
	for _, kind := range kinds {
		out = append(out, *lives[kind])
	}
	return out, nil
}

func receiver(method *ast.FuncDecl) string {
	star, ok := method.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return ""
	}
	if ident, ok := star.X.(*ast.Ident); ok {
		return ident.Name
	}
	return ""
}

func readLifeMethod(method *ast.FuncDecl, life *catalog.Life) error {
	if len(method.Body.List) != 1 {
		return fmt.Errorf("expected one return statement")
	}
	ret, ok := method.Body.List[0].(*ast.ReturnStmt)
	if !ok {
		return fmt.Errorf("expected a return statement")
	}
	if method.Name.Name == "APILifecycleReplacement" {
		replacement, err := readReplacement(ret)
		// One tag in the source names the list of the kind that is meant.
		life.Replacement = strings.TrimSuffix(replacement, "List")
		return err
	}
	var numbers []string
	for _, result := range ret.Results {
		lit, ok := result.(*ast.BasicLit)
		if !ok || lit.Kind != token.INT {
			return fmt.Errorf("expected numbers to be returned")
		}
		numbers = append(numbers, lit.Value)
	}
	release := strings.Join(numbers, ".")
	switch method.Name.Name {
	case "APILifecycleIntroduced":
		life.Introduced = release
	case "APILifecycleDeprecated":
		life.Deprecated = release
	case "APILifecycleRemoved":
		life.Removed = release
	default:
		return fmt.Errorf("unknown method %s", method.Name.Name)
	}
	return nil
}

// readReplacement reads schema.GroupVersionKind{Group: "g", Version: "v", Kind: "k"}.
func readReplacement(ret *ast.ReturnStmt) (string, error) {
	if len(ret.Results) != 1 {
		return "", fmt.Errorf("expected one result")
	}
	lit, ok := ret.Results[0].(*ast.CompositeLit)
	if !ok {
		return "", fmt.Errorf("expected a composite literal")
	}
	parts := map[string]string{}
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return "", fmt.Errorf("expected keys and values")
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			return "", fmt.Errorf("expected a field name")
		}
		value, err := stringLiteral(pair.Value)
		if err != nil {
			return "", err
		}
		parts[key.Name] = value
	}
	return strings.TrimPrefix(parts["Group"]+"/"+parts["Version"]+"/"+parts["Kind"], "/"), nil
}
