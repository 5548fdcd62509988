// composeload prints what compose-go makes of a project, or why it refuses it, as one JSON document.
//
// The order of the options is the one in which `docker compose` applies them.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type request struct {
	Files, EnvFiles, Profiles []string
	ProjectDirectory, Name    string
}

type answer struct {
	Error            string `json:",omitempty"`
	Name             string
	Services         types.Services
	DisabledServices types.Services
	Jobs             types.Jobs
	DisabledJobs     types.Jobs
	Models           types.Models
}

func main() {
	logrus.SetLevel(logrus.ErrorLevel)
	var asked request
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		panic(err)
	}
	project, err := load(asked)
	var given answer
	if err != nil {
		given.Error = err.Error()
	} else {
		given = answer{"", project.Name, project.Services, project.DisabledServices, project.Jobs,
			project.DisabledJobs, project.Models}
	}
	_ = json.NewEncoder(os.Stdout).Encode(given)
}

func load(asked request) (*types.Project, error) {
	if len(asked.EnvFiles) == 0 {
		asked.EnvFiles = strings.FieldsFunc(os.Getenv("COMPOSE_ENV_FILES"), func(c rune) bool { return c == ',' })
	}
	options, err := cli.NewProjectOptions(asked.Files,
		cli.WithWorkingDirectory(asked.ProjectDirectory), cli.WithOsEnv,
		cli.WithEnvFiles(asked.EnvFiles...), cli.WithDotEnv,
		cli.WithConfigFileEnv, cli.WithDefaultConfigPath,
		cli.WithEnvFiles(asked.EnvFiles...), cli.WithDotEnv,
		cli.WithDefaultProfiles(asked.Profiles...), cli.WithName(asked.Name),
		cli.WithResolvedPaths(true), cli.WithoutEnvironmentResolution, cli.WithoutLabelsResolution)
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}
