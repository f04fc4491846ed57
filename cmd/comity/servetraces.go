package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// traces begins to export traces, if the standard variables of OpenTelemetry ask for it:
// OTEL_TRACES_EXPORTER=otlp, or an endpoint. They also say where to, how much, and under
// what name; OTEL_SDK_DISABLED ends it all.
func (v *service) traces(ctx context.Context) (stop func(), err error) {
	env := v.p.getenv
	exporter := env("OTEL_TRACES_EXPORTER")
	wanted := exporter == "otlp" || exporter == "" && (env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "")
	if !wanted || strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		if exporter != "" && exporter != "otlp" && exporter != "none" {
			return nil, badInput(fmt.Errorf("OTEL_TRACES_EXPORTER is %q: write otlp or none", exporter))
		}
		return func() {}, nil
	}
	if protocol := or(env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), env("OTEL_EXPORTER_OTLP_PROTOCOL")); protocol != "" && protocol != "http/protobuf" {
		return nil, badInput(fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: traces are sent as http/protobuf only", protocol))
	}
	to, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, badInput(fmt.Errorf("traces: %w", err))
	}
	named := []attribute.KeyValue{attribute.String("service.version", moduleVersion())}
	if env("OTEL_SERVICE_NAME") == "" && !strings.Contains(env("OTEL_RESOURCE_ATTRIBUTES"), "service.name=") {
		named = append(named, attribute.String("service.name", "comity"))
	}
	about, err := resource.Merge(resource.Default(), resource.NewSchemaless(named...))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(to), trace.WithResource(about))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { v.log.Warn().Str("error", err.Error()).Msg("traces") }))
	v.metrics.tracer = provider.Tracer("github.com/comity-project/comity")
	v.metrics.from = propagation.TraceContext{}
	return func() {
		rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := provider.Shutdown(rest); err != nil {
			v.log.Warn().Str("error", err.Error()).Msg("the last traces could not be sent")
		}
	}, nil
}
