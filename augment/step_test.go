package augment

import "reflect"

// setChance sets the probability of a step's settings.
func setChance(s Settings, p float64) { reflect.ValueOf(s).Elem().FieldByName("P").SetFloat(p) }
