package scenario

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// sources are the files that declare the types. A key's description, in the JSON Schema and in
// the comments of Explain, is the comment of its Go field: read from here, it
// cannot say anything else.
//
//go:embed scenario.go site.go role.go cpu.go network.go gossip.go protocol.go load.go
//go:embed fault.go adversary.go checks.go outputs.go sweep.go selector.go
var sources embed.FS

// fieldDocs returns the comments of all fields, by "Type.Field", and of all
// struct types, by "Type".
func fieldDocs() map[string]string {
	docs := make(map[string]string)
	files, err := fs.Glob(sources, "*.go")
	if err != nil {
		panic(fmt.Sprintf("scenario: own sources: %v", err))
	}
	set := token.NewFileSet()
	for _, name := range files {
		text, err := sources.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("scenario: own sources: %v", err))
		}
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			panic(fmt.Sprintf("scenario: own sources: %v", err))
		}
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
				typeDocs(docs, d)
			}
		}
	}
	return docs
}

func typeDocs(docs map[string]string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		body, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		docs[t.Name.Name] = oneLine(d.Doc.Text())
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				docs[t.Name.Name+"."+name.Name] = oneLine(f.Doc.Text())
			}
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
