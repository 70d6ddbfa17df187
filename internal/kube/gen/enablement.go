package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// enablement is what kube-apiserver serves without being told: whole
// group/versions, and single resources of others. Keys are "apps/v1" and
// "batch/v1beta1/cronjobs".
type enablement map[string]bool

// serves answers for one resource, with its subresources.
func (e enablement) serves(apiVersion, resource string) bool {
	// These two groups are served by servers inside kube-apiserver whose only
	// default is "the stable versions".
	switch group, version, _ := strings.Cut(apiVersion, "/"); group {
	case "apiextensions.k8s.io", "apiregistration.k8s.io":
		return !strings.Contains(version, "alpha") && !strings.Contains(version, "beta")
	}
	return e[apiVersion] || e[apiVersion+"/"+resource]
}

// readEnablement reads the package-level lists of the control plane whose names
// end in EnabledByDefault or EnabledByDefaultResources. An element that has
// another shape than those known is an error: a guess would be a false alarm.
func readEnablement(file, api string) (enablement, error) {
	fset := token.NewFileSet()
	src, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	groupVersions, err := importedGroupVersions(src, api)
	if err != nil {
		return nil, err
	}
	out := enablement{}
	for _, decl := range src.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			value := spec.(*ast.ValueSpec)
			name := value.Names[0].Name
			if !strings.HasSuffix(name, "EnabledByDefault") && !strings.HasSuffix(name, "EnabledByDefaultResources") {
				continue
			}
			list, ok := value.Values[0].(*ast.CompositeLit)
			if !ok {
				return nil, fmt.Errorf("%s: expected %s to be a list", fset.Position(value.Pos()), name)
			}
			for _, element := range list.Elts {
				key, err := enabledKey(element, groupVersions)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", fset.Position(element.Pos()), name, err)
				}
				out[key] = true
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no list ends in EnabledByDefault: the source has moved, adapt readEnablement", file)
	}
	return out, nil
}

// enabledKey reads appsv1.SchemeGroupVersion, or that .WithResource("name").
func enabledKey(element ast.Expr, groupVersions map[string]string) (string, error) {
	suffix := ""
	if call, ok := element.(*ast.CallExpr); ok {
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || method.Sel.Name != "WithResource" || len(call.Args) != 1 {
			return "", fmt.Errorf("expected a call of WithResource")
		}
		resource, err := stringLiteral(call.Args[0])
		if err != nil {
			return "", err
		}
		element, suffix = method.X, "/"+resource
	}
	selector, ok := element.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "SchemeGroupVersion" {
		return "", fmt.Errorf("expected PACKAGE.SchemeGroupVersion")
	}
	pkg, ok := selector.X.(*ast.Ident)
	if !ok || groupVersions[pkg.Name] == "" {
		return "", fmt.Errorf("expected a package of k8s.io/api")
	}
	return groupVersions[pkg.Name] + suffix, nil
}

// importedGroupVersions maps the names under which a file imports packages of
// k8s.io/api to their API versions.
func importedGroupVersions(src *ast.File, api string) (map[string]string, error) {
	out := map[string]string{}
	for _, spec := range src.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		folder, ok := strings.CutPrefix(full, "k8s.io/api/")
		if !ok {
			// Some minors name a version by its internal package, which has
			// the same place below another root.
			folder, ok = strings.CutPrefix(full, "k8s.io/kubernetes/pkg/apis/")
		}
		if !ok || strings.Count(folder, "/") != 1 {
			continue
		}
		apiVersion, err := apiVersionOf(filepath.Join(api, folder))
		if errors.Is(err, errNoGroup) {
			continue // not an API package; a list that uses it is refused
		}
		if err != nil {
			return nil, err
		}
		name := path.Base(full)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = apiVersion
	}
	return out, nil
}

var errNoGroup = errors.New("no constant GroupName in register.go")

// apiVersionOf reads the API version of a package: its GroupName constant and
// the name of its folder.
func apiVersionOf(folder string) (string, error) {
	for _, file := range []string{filepath.Join(folder, "register.go"), filepath.Join(filepath.Dir(folder), "register.go")} {
		src, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // the constant may live in the other file
		}
		if group, ok := constant(src, "GroupName"); ok {
			return strings.TrimPrefix(group+"/"+filepath.Base(folder), "/"), nil
		}
	}
	return "", fmt.Errorf("%s: %w", folder, errNoGroup)
}

// constant finds a package-level string constant.
func constant(src *ast.File, name string) (string, bool) {
	for _, decl := range src.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			value := spec.(*ast.ValueSpec)
			for i, ident := range value.Names {
				if ident.Name != name || i >= len(value.Values) {
					continue
				}
				text, err := stringLiteral(value.Values[i])
				return text, err == nil
			}
		}
	}
	return "", false
}

func stringLiteral(e ast.Expr) (string, error) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", fmt.Errorf("expected a string literal")
	}
	return strconv.Unquote(lit.Value)
}
