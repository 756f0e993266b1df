package train

import (
	"fmt"
	"math"
	"path"
	"strings"

	"melanoma/internal/fault"
	"melanoma/models"
)

// Patterns name parameters as a shell names files: * stands for any
// characters, dots and slashes too, ? for one, [0-3] for one of a range, and a
// backslash takes the next character as it is. A pattern is of the whole name.

// named returns the trained parameters that a pattern matches, in the net's
// order. One that is none, or that matches nothing, is a *ConfigError of the
// key.
func named(net *models.Net, key, pattern string) ([]string, error) {
	plain := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") } // path.Match keeps * within a folder
	var out, all []string
	for _, p := range net.Params {
		if !p.Role.Trained() {
			continue
		}
		ok, err := path.Match(plain(pattern), plain(p.Name))
		if err != nil {
			return nil, &ConfigError{key, fmt.Sprintf("%q is no pattern", pattern), "close every [ with ]: blocks.[0-3].*"}
		}
		if ok {
			out = append(out, p.Name)
		}
		all = append(all, p.Name)
	}
	if len(out) == 0 {
		return nil, &ConfigError{key, fmt.Sprintf("%q matches no parameter of %s", pattern, net.Name),
			fmt.Sprintf("did you mean %s? `melanoma models show` lists the layers that parameters are named after", nearestParameter(pattern, all))}
	}
	return out, nil
}

// nearestParameter is the parameter whose name, or the start of whose name up
// to a dot, is most like the pattern without its special characters.
func nearestParameter(pattern string, names []string) string {
	want := strings.Trim(strings.NewReplacer("*", "", "?", "", "[", "", "]", "").Replace(pattern), ".")
	best, least := "", math.MaxInt
	for _, name := range names {
		for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '.') {
			if d := fault.EditDistance(want, name[:end]); d < least {
				best, least = name, d
			}
		}
	}
	return best
}

// frozen returns the parameters that keep their values: those that a pattern
// matches and, where asked for, scale and shift of BatchNorm. All of them are
// a *ConfigError: nothing would be trained.
func (c Config) frozen(net *models.Net) (map[string]bool, error) {
	set := map[string]bool{}
	for _, p := range net.Params {
		if c.FreezeBatchNormAffine && (p.Role == models.RoleBNScale || p.Role == models.RoleBNShift) {
			set[p.Name] = true
		}
	}
	for i, pattern := range c.Freeze {
		names, err := named(net, fmt.Sprintf("freeze.%d", i), pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			set[name] = true
		}
	}
	for _, p := range net.Params {
		if p.Role.Trained() && !set[p.Name] {
			return set, nil
		}
	}
	return nil, &ConfigError{"freeze", fmt.Sprintf("leaves no parameter of %s to train", net.Name), "leave the classifier out, at least: nothing would be trained"}
}

// CheckNames reports, as a *ConfigError, the first pattern of the
// configuration that does not fit the network's parameters.
func (c Config) CheckNames(net *models.Net) error {
	if _, err := c.frozen(net); err != nil {
		return err
	}
	_, err := c.rateFactors(net)
	return err
}

// Names reports whether the configuration names parameters of the network.
func (c Config) Names() bool { return len(c.Freeze)+len(c.RateFactors) > 0 }
