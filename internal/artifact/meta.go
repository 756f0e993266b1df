package artifact

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
)

// Meta says what a table is and where it comes from.
type Meta struct {
	Kind     string            // "images", "folds", "draws", "pred", "oof", "ensemble", "history", "weights", "checkpoint"
	Version  int               // schema version of this kind; 0 means KnownVersion(Kind) when writing
	Producer string            // "melanoma <stage>"
	Inputs   map[string]string // input name -> sha256 of its content in hexadecimal
	Extra    map[string]string // further facts, such as the class list as JSON
}

const (
	keyKind     = "melanoma.kind"
	keyVersion  = "melanoma.version"
	keyProducer = "melanoma.producer"
	keyInputs   = "melanoma.inputs"
	keyExtra    = "melanoma.extra."
)

// KnownVersion returns the newest schema version of a kind that this program
// reads and writes. Every kind is at version 1 so far.
func KnownVersion(kind string) int { return 1 }

// arrowMetadata puts m into a fixed order, so that its bytes repeat.
func (m Meta) arrowMetadata() (arrow.Metadata, error) {
	version := m.Version
	if version == 0 {
		version = KnownVersion(m.Kind)
	}
	inputs := m.Inputs
	if inputs == nil {
		inputs = map[string]string{}
	}
	encoded, err := json.Marshal(inputs) // sorts the keys
	if err != nil {
		return arrow.Metadata{}, err
	}
	keys := []string{keyKind, keyVersion, keyProducer, keyInputs}
	values := []string{m.Kind, strconv.Itoa(version), m.Producer, string(encoded)}
	for _, k := range slices.Sorted(maps.Keys(m.Extra)) {
		keys = append(keys, keyExtra+k)
		values = append(values, m.Extra[k])
	}
	return arrow.NewMetadata(keys, values), nil
}

// metaOf is the inverse of arrowMetadata; ok is false where the table was not
// written by this package.
func metaOf(pairs [][2]string) (m Meta, ok bool) {
	m = Meta{Inputs: map[string]string{}, Extra: map[string]string{}}
	version, inputs := "", ""
	for _, pair := range pairs {
		k, v := pair[0], pair[1]
		switch k {
		case keyKind:
			m.Kind = v
		case keyVersion:
			version = v
		case keyProducer:
			m.Producer = v
		case keyInputs:
			inputs = v
		default:
			if name, found := strings.CutPrefix(k, keyExtra); found {
				m.Extra[name] = v
			}
		}
	}
	var err error
	if m.Version, err = strconv.Atoi(version); err != nil || m.Version < 1 {
		return m, false
	}
	return m, json.Unmarshal([]byte(inputs), &m.Inputs) == nil
}
