package scenes

import (
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// clouds is the matrix of most cases.
var clouds = []string{"kubernetes: 1.24 1.25 1.26", "provider: k3s eks gke doks", "scenario: default ha"}

// healthy is the evidence of a cell in which all is well, noise included.
func healthy(c *cell) {
	c.keep("values.yaml", "cloud: "+map[string]string{"eks": "aws", "gke": "gcp", "doks": "do", "k3s": "other"}[c.at["provider"]], "web:", "  replicas: "+map[bool]string{true: "3", false: "1"}[c.at["scenario"] == "ha"])
	c.keep("events.log",
		"2026-11-23T10:01:02Z Normal Scheduled Pod/posthog-web-6d5f7c9b48-k2x8p: Successfully assigned posthog/posthog-web-6d5f7c9b48-k2x8p to node-1",
		"2026-11-23T10:01:45Z Normal Completed Job/posthog-migrate: Job completed",
		"2026-11-23T10:01:40Z Warning Unhealthy Pod/posthog-web-6d5f7c9b48-k2x8p: Readiness probe failed: dial tcp 10.42.0.17:8000: connect: connection refused")
	c.keep("logs/posthog-web-6d5f7c9b48-k2x8p.web.log",
		"2026-11-23T10:01:31Z [info] starting gunicorn", "2026-11-23T10:01:58Z [info] listening at 0.0.0.0:8000", "2026-11-23T10:02:40Z [info] GET /_health 200")
	c.keep("logs/chi-posthog-posthog-0-0-0.clickhouse.log",
		"2026.11.23 10:01:20.114 [ 1 ] {} <Information> Application: Starting ClickHouse 22.8.6.71", "2026.11.23 10:01:22.806 [ 1 ] {} <Information> Application: Ready for connections.")
	c.keep("logs/posthog-migrate-7xkqd.migrate.log",
		"2026-11-23T10:01:12Z waiting for postgres: could not connect to server: Connection refused", "2026-11-23T10:01:19Z Running migrations:", "2026-11-23T10:01:44Z   Applying posthog.0001_initial... OK")
}

// history lists the cases. What programs print in them is written from
// knowledge of the programs; the names are those of the first user's chart.
func history() []scene {
	return []scene{
		{name: "ipv6-on-eks", axes: clouds, happen: ipv6},
		{name: "path-type-on-gke", axes: append(clouds[:2:2], "ingress: nginx cloud"), happen: pathType},
		{name: "hpa-v2beta2", axes: []string{"kubernetes: 1.23 1.24 1.25 1.26 1.27", "provider: k3s eks", "scenario: default hpa"}, happen: autoscaler},
		{name: "gke-cert", axes: append(clouds[:2:2], "ingress: on off"), happen: certificate},
		{name: "availability-zone", axes: clouds, happen: zone},
		{name: "chart-index", axes: clouds, happen: chartIndex},
		{name: "migration-swallowed", axes: clouds, happen: migration},
		{name: "restarts", axes: clouds, happen: restarts},
		{name: "upgrade-to-itself", axes: append(clouds[:2:2], "scenario: default", "operation: install upgrade"), change: sameChart, happen: func(*cell) {}},
	}
}

// ipv6: the nodes have IPv6 switched off, and ClickHouse was told to listen on [::].
func ipv6(c *cell) {
	if c.at["provider"] != "eks" {
		return
	}
	delete(c.files, "logs/chi-posthog-posthog-0-0-0.clickhouse.log")
	log := []string{
		"2026.11.23 10:01:20.114 [ 1 ] {} <Information> Application: Starting ClickHouse 22.8.6.71",
		"2026.11.23 10:01:20.951 [ 1 ] {} <Error> Application: Listen [::]:8123 failed: Poco::Exception. Code: 1000, e.code() = 0, DNS error: EAI: Address family for hostname not supported (version 22.8.6.71 (official build))",
		"2026.11.23 10:01:20.970 [ 1 ] {} <Information> Application: shutting down",
		"2026.11.23 10:01:21.002 [ 1 ] {} <Error> Application: DB::Exception: Listen [::]:8123 failed: Poco::Exception. Code: 1000, e.code() = 0, DNS error: EAI: Address family for hostname not supported",
	}
	c.keep("logs/chi-posthog-posthog-0-0-0.clickhouse.previous.log", log...)
	database := object("crash-loop", "StatefulSet/chi-posthog-posthog-0-0", "container clickhouse ended with exit code 233", log[1], log[3], "started again 5 times")
	database.Source = "logs/chi-posthog-posthog-0-0-0.clickhouse.previous.log:2"
	refused := "clickhouse_driver.errors.NetworkError: Code: 210. Connection refused (chi-posthog-posthog-0-0:9000)"
	c.fails("install", "becomes ready", database,
		object("crash-loop", "Deployment/posthog-web", "container web ended with exit code 1", refused),
		object("probe", "Deployment/posthog-worker", "container wait-for-clickhouse runs and is not ready", "waiting for chi-posthog-posthog-0-0: not yet available"))
	c.keep("events.log", "2026-11-23T10:02:12Z Warning BackOff Pod/chi-posthog-posthog-0-0-0: Back-off restarting failed container clickhouse in pod chi-posthog-posthog-0-0-0")
}

// pathType: the cloud's own controller takes one path type alone.
func pathType(c *cell) {
	if c.at["provider"] != "gke" || c.at["ingress"] != "cloud" {
		return
	}
	event := `Translation failed: invalid ingress spec: path "/*" of host "posthog.example.com" has path type "Prefix": only "ImplementationSpecific" path type is supported`
	p := object("no-address", "Ingress/posthog", "it has no address, neither a hostname nor an IP: "+event, "Translate: "+event)
	p.Source = "events.log:4"
	p.Location.File = "templates/ingress.yaml"
	c.fails("install", "becomes ready", p)
	c.keep("events.log", "2026-11-23T10:04:12Z Warning Translate Ingress/posthog: "+event)
}

// autoscaler: an API that ended, in a template that one scenario switches on.
func autoscaler(c *cell) {
	if c.at["scenario"] != "hpa" || !c.newer("1.26") {
		return
	}
	p := object("api-removed", "HorizontalPodAutoscaler/posthog-web", "autoscaling/v2beta2 HorizontalPodAutoscaler was removed in Kubernetes 1.26; autoscaling/v2 is served since 1.23")
	p.Location.File, p.Location.Line, p.Location.Path = "templates/web-hpa.yaml", 2, "/apiVersion"
	p.Hint, p.Excerpt = "use autoscaling/v2", []string{"apiVersion: autoscaling/v2beta2"}
	c.fails("schema", "HorizontalPodAutoscaler/posthog-web", p)
}

// certificate: a script asks for what the chart makes only with an ingress.
func certificate(c *cell) {
	if c.at["provider"] != "gke" || c.at["ingress"] != "off" {
		return
	}
	c.fails("install", "after", object("scenario-script", "", `the scenario's script "after" exits with 1`,
		"waiting for the certificate", `Error from server (NotFound): managedcertificates.networking.gke.io "gke-cert" not found`))
}

// zone: one zone of the cloud has no room, for one cell of the night.
func zone(c *cell) {
	if c.at["provider"] != "eks" || c.at["kubernetes"] != "1.25" || c.at["scenario"] != "ha" {
		return
	}
	c.breaks("cluster", "eksctl create cluster exits with 1: creating CloudFormation stack \"eksctl-cm-0042-cluster\": UnsupportedAvailabilityZoneException: "+
		"Cannot create cluster 'cm-0042' because us-east-1e, the targeted availability zone, does not currently have sufficient capacity to support the cluster")
}

// chartIndex: the index of a chart repository ends in the middle, everywhere.
func chartIndex(c *cell) {
	c.fails("install", "before", object("scenario-script", "", `the scenario's script "before" exits with 1`,
		`"ingress-nginx" has been added to your repositories`,
		`Error: looks like "https://charts.bitnami.com/bitnami" is not a valid chart repository or cannot be reached: unexpected EOF`))
}

// migration: one fails, and the Job goes on and succeeds.
func migration(c *cell) {
	c.files["logs/posthog-migrate-7xkqd.migrate.log"] = strings.Join([]string{
		"2026-11-23T10:01:12Z waiting for postgres: could not connect to server: Connection refused",
		"2026-11-23T10:01:19Z Running migrations:",
		"2026-11-23T10:01:44Z   Applying posthog.0287_add_session_recording_model...Traceback (most recent call last):",
		`  File "/code/manage.py", line 21, in main`,
		`django.db.utils.ProgrammingError: relation "posthog_sessionrecording" already exists`,
		"2026-11-23T10:01:45Z migrations done",
	}, "\n") + "\n"
}

// restarts: a container is started again too often, and is not the next time.
func restarts(c *cell) {
	if c.res.Slug != "k3s-1.25-ha" && c.res.Slug != "gke-1.24-default" {
		return
	}
	first := cell{at: c.at, res: &result.Cell{Steps: append([]result.Step{}, c.res.Steps...)}, files: c.files}
	p := object("restarts", "Deployment/posthog-plugins", "container plugins was started again 3 times, and 2 are allowed",
		"TypeError: Cannot read properties of undefined (reading '$pluginEvent')", "started again 3 times")
	p.Source = "logs/posthog-plugins-5b8d7f6c9d-q7vzt.plugins.previous.log:2"
	first.fails("install", "becomes ready", p)
	c.res.Retried = []result.Try{{Attempt: 1, Status: result.Failed, Steps: first.res.Steps, Started: c.res.Started, Seconds: 100}}
}

// sameChart: main is upgraded to main.
func sameChart(plan *matrix.Plan) {
	plan.Omit(matrix.NothingToTest, "operation upgrade", "nothing to upgrade: the chart renders the same as main does",
		func(c matrix.Cell) bool { return c.At[matrix.Operation] == "upgrade" })
}
