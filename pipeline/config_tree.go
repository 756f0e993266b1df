package pipeline

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"melanoma/internal/fault"
)

// tree is a YAML value that remembers where it came from, so that an error
// about it can name the line or the --set flag that wrote it.
type tree struct {
	keys   []string         // of a mapping, in the order of the file
	fields map[string]*tree // of a mapping
	items  []*tree          // of a list
	scalar any              // string, bool, int64, uint64, float64, or nil for null
	kind   treeKind
	origin string // "configs/x.yaml: line 3" or "--set train.epochs=3"
}

type treeKind int

const (
	scalarTree treeKind = iota
	mappingTree
	listTree
)

// describe says in a few words what was found, for "expected ..., found ...".
func (t *tree) describe() string {
	switch t.kind {
	case mappingTree:
		return "a mapping"
	case listTree:
		return "a list"
	}
	switch v := t.scalar.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprintf("%v", v)
	default:
		return fmt.Sprintf("the number %v", v)
	}
}

// parseTree reads one YAML document. The name stands in errors.
func parseTree(name string, text []byte) (*tree, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	root := &tree{kind: mappingTree, fields: map[string]*tree{}, origin: name}
	if len(file.Docs) > 1 {
		return nil, fault.New(fault.Usage, "keep one document and remove the lines ---", "%s: %d YAML documents in one file", name, len(file.Docs))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return root, nil
	}
	b := treeBuilder{name: name, anchors: map[string]ast.Node{}}
	t, err := b.build(file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	if t.kind == scalarTree && t.scalar == nil {
		return root, nil
	}
	return t, nil
}

func syntaxError(name string, err error) error {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return fault.New(fault.Usage, "check indentation, colons and quotes on that line",
			"%s: line %d: %s", name, syntax.Token.Position.Line, syntax.Message)
	}
	text := err.Error()
	if i := strings.IndexByte(text, '\n'); i > 0 {
		text = text[:i]
	}
	return fault.New(fault.Usage, "check indentation, colons and quotes", "%s: not YAML: %s", name, text)
}

type treeBuilder struct {
	name    string
	anchors map[string]ast.Node
}

func (b *treeBuilder) at(n ast.Node) string {
	return fmt.Sprintf("%s: line %d", b.name, n.GetToken().Position.Line)
}

func (b *treeBuilder) build(n ast.Node) (*tree, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(n, n.Values)
	case *ast.MappingValueNode:
		return b.mapping(n, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		t := &tree{kind: listTree, origin: b.at(n)}
		for _, value := range n.Values {
			item, err := b.build(value)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
		}
		return t, nil
	case *ast.AnchorNode:
		b.anchors[n.Name.String()] = n.Value
		return b.build(n.Value)
	case *ast.AliasNode:
		if target, ok := b.anchors[n.Value.String()]; ok {
			return b.build(target)
		}
		return nil, fault.New(fault.Usage, "define it above with &"+n.Value.String(), "%s: unknown alias *%s", b.at(n), n.Value.String())
	case *ast.NullNode:
		return &tree{origin: b.at(n)}, nil
	case *ast.LiteralNode:
		return &tree{scalar: n.Value.Value, origin: b.at(n)}, nil
	case *ast.StringNode:
		return &tree{scalar: plainText(n), origin: b.at(n)}, nil
	case ast.ScalarNode:
		return &tree{scalar: n.GetValue(), origin: b.at(n)}, nil
	}
	return nil, fault.New(fault.Usage, "use plain mappings, lists, text and numbers", "%s: YAML %s is not supported here", b.at(n), n.Type())
}

var exponentNumber = regexp.MustCompile(`^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$`)

// plainText is the value of a text node; an unquoted 1e-3 is a number by YAML
// 1.2, which the parser takes for text.
func plainText(n *ast.StringNode) any {
	if n.Token.Type == token.StringType && exponentNumber.MatchString(n.Value) {
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

func (b *treeBuilder) mapping(at ast.Node, values []*ast.MappingValueNode) (*tree, error) {
	t := &tree{kind: mappingTree, fields: map[string]*tree{}, origin: b.at(at)}
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		if _, twice := t.fields[key]; twice {
			return nil, fault.New(fault.Usage, "keep one of them", "%s: key %q appears twice", b.at(pair.Key), key)
		}
		value, err := b.build(pair.Value)
		if err != nil {
			return nil, err
		}
		value.origin = b.at(pair.Key)
		t.keys = append(t.keys, key)
		t.fields[key] = value
	}
	return t, nil
}

// set applies one KEY=VALUE of the command line: dotted keys, list indexes as
// numbers, the value read as YAML. Missing mappings on the way are made.
func (t *tree) set(assignment string) error {
	key, text, ok := strings.Cut(assignment, "=")
	origin := "--set " + assignment
	if !ok || key == "" {
		return fault.New(fault.Usage, "write --set KEY=VALUE, for example --set train.epochs=3", "%s: no KEY=VALUE", origin)
	}
	value, err := parseSetValue(origin, text)
	if err != nil {
		return err
	}
	parts := strings.Split(key, ".")
	node := t
	for i, part := range parts {
		last := i == len(parts)-1
		if node.kind == scalarTree && node.scalar == nil {
			node.kind, node.fields = mappingTree, map[string]*tree{}
		}
		switch node.kind {
		case mappingTree:
			child, exists := node.fields[part]
			if !exists {
				node.keys = append(node.keys, part)
				child = &tree{origin: origin}
				node.fields[part] = child
			}
			if last {
				node.fields[part] = value
			}
			node = child
		case listTree:
			index, err := strconv.Atoi(part)
			if err != nil || index < 0 || index >= len(node.items) {
				return fault.New(fault.Usage, fmt.Sprintf("the list has %d entries, counted from 0", len(node.items)), "%s: %q is no index of the list", origin, part)
			}
			if last {
				node.items[index] = value
			}
			node = node.items[index]
		default:
			return fault.New(fault.Usage, "end the key there", "%s: %q lies under %s, which is no mapping", origin, part, strings.Join(parts[:i], "."))
		}
	}
	return nil
}

// parseSetValue reads the right side of --set: YAML where it is YAML (lists,
// numbers, booleans), the text itself where it is not (a path with a colon).
func parseSetValue(origin, text string) (*tree, error) {
	if strings.TrimSpace(text) == "" {
		return &tree{scalar: "", origin: origin}, nil
	}
	wrapped, err := parseTree(origin, []byte("value: "+text))
	if err != nil || wrapped.fields["value"] == nil {
		if strings.HasPrefix(strings.TrimSpace(text), "[") {
			return nil, fault.New(fault.Usage, "a list looks like [0, 2]", "%s: cannot read the value", origin)
		}
		return &tree{scalar: text, origin: origin}, nil
	}
	value := wrapped.fields["value"]
	value.relabel(origin)
	return value, nil
}

func (t *tree) relabel(origin string) {
	t.origin = origin
	for _, item := range t.items {
		item.relabel(origin)
	}
	for _, field := range t.fields {
		field.relabel(origin)
	}
}
