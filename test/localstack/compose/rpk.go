// How rpk reads the arguments of `redpanda start`, written down from its source: redpanda-data/redpanda,
// src/go/rpk/pkg/cli/redpanda/start.go at 67a4774 and at 1b0ee0d, which agree. rpk itself is not to be had: Go's proxy answers 403 for its module.
package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Reading is what rpk makes of a list of arguments.
type Reading struct {
	// Settings of redpanda.yaml, from --set.
	Settings map[string]string `json:"settings"`
	// HandedOn are flags that rpk does not know: the broker gets them, and ends at one that it does not know either.
	HandedOn []string `json:"handedOn"`
	// Refusal is why rpk ends before it starts the broker; empty if it does not.
	Refusal string `json:"refusal"`
}

// Its own flags by kind (NewStartCommand).
var (
	listFlags     = []string{"seeds", "kafka-addr", "pandaproxy-addr", "schema-registry-addr", "advertise-kafka-addr", "advertise-pandaproxy-addr"}
	textFlags     = []string{"rpc-addr", "advertise-rpc-addr", "memory", "cpuset", "install-dir", "reserve-memory", "hugepages", "io-properties-file", "io-properties", "well-known-io", "mode"}
	numberFlags   = []string{"node-id", "smp", "num-io-queues", "max-io-requests"}
	switchFlags   = []string{"lock-memory", "tune", "check", "thread-affinity", "mbind", "overprovisioned", "unsafe-bypass-fsync"}
	durationFlags = []string{"timeout"}
)

// modes that it knows; any other ends it.
var modes = []string{"", "dev-container", "help"}

func readStart(arguments []string) Reading {
	settings, rest, err := takeSettings(arguments)
	reading := Reading{Settings: settings, HandedOn: []string{}}
	if err == nil {
		err = checkFlags(arguments)
	}
	if err != nil {
		reading.Refusal = err.Error()
		return reading
	}
	known := makeFlags()
	for _, argument := range rest {
		name, isFlag := strings.CutPrefix(argument, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && known.Lookup(name) == nil {
			reading.HandedOn = append(reading.HandedOn, argument)
		}
	}
	return reading
}

// takeSettings: an argument that is --set and nothing more takes the next one, whatever it is; one at the very end takes nothing and stays
// (parseConfigKvs). A setting is a name, an equals sign and a value (setConfig).
func takeSettings(arguments []string) (map[string]string, []string, error) {
	settings, rest := map[string]string{}, []string{}
	for at := 0; at < len(arguments); at++ {
		if arguments[at] != "--set" || at == len(arguments)-1 {
			rest = append(rest, arguments[at])
			continue
		}
		at++
		name, value, isPair := strings.Cut(arguments[at], "=")
		if !isPair {
			return settings, rest, fmt.Errorf("a setting must be name=value, got %s", arguments[at])
		}
		settings[name] = value
	}
	return settings, rest, nil
}

func makeFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("start", pflag.ContinueOnError)
	flags.ParseErrorsWhitelist.UnknownFlags = true
	for _, name := range listFlags {
		flags.StringSlice(name, nil, "")
	}
	for _, name := range textFlags {
		flags.String(name, "", "")
	}
	for _, name := range numberFlags {
		flags.Int(name, 0, "")
	}
	for _, name := range switchFlags {
		flags.Bool(name, false, "")
	}
	for _, name := range durationFlags {
		flags.Duration(name, time.Second, "")
	}
	return flags
}

// checkFlags parses with the library that rpk parses with: a flag that it does not know is no error, a value of the wrong kind is.
func checkFlags(arguments []string) error {
	flags := makeFlags()
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if mode, _ := flags.GetString("mode"); !slices.Contains(modes, mode) {
		return fmt.Errorf("mode must be one of dev-container and help, got %s", mode)
	}
	for _, name := range []string{"kafka-addr", "advertise-kafka-addr"} {
		addresses, _ := flags.GetStringSlice(name)
		for _, address := range addresses {
			if err := checkAddress(address); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// checkAddress: name://host:port, and at most one way of signing in after an upright stroke (parseNamedAuthNAddress). Stricter than rpk, which
// puts its default for a port that is missing.
func checkAddress(address string) error {
	place, signIn, _ := strings.Cut(address, "|")
	if strings.Contains(signIn, "|") {
		return fmt.Errorf("at most one | may be in a listener, got %s", address)
	}
	if _, after, hasName := strings.Cut(place, "://"); hasName {
		place = after
	}
	_, _, err := net.SplitHostPort(place)
	return err
}
