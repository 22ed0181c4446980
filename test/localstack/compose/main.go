// Reads docker-compose.yml as `docker compose` does, and the arguments of `redpanda start` as rpk does.
//
// Standard input: {"file": "…", "arguments": [["--set", "a=b"], …]}. Standard output: the services of the file, ready for use, and what rpk
// makes of the file's own arguments and of each list.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	log.SetFlags(0)
	var input struct {
		File      string
		Arguments [][]string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		log.Fatal(err)
	}
	services, err := load(input.File)
	if err != nil {
		log.Fatal(err)
	}
	command := services["redpanda"].Command
	if len(command) < 2 || command[0] != "redpanda" || command[1] != "start" {
		log.Fatalf("the command of redpanda must begin with redpanda start, got %v", command)
	}
	readings := make([]Reading, len(input.Arguments))
	for at, arguments := range input.Arguments {
		readings[at] = readStart(arguments)
	}
	output := map[string]any{"services": services, "reading": readStart(command[2:]), "readings": readings}
	if err := json.NewEncoder(os.Stdout).Encode(output); err != nil {
		log.Fatal(err)
	}
}

// load resolves variables from the environment, as `docker compose config` does.
func load(file string) (types.Services, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(filepath.Dir(file)), cli.WithName("check"), cli.WithOsEnv)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.Services, nil
}
