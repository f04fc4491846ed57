package authzen

import (
	"encoding/json"
	"net/url"
)

// metadataOf says where what is to be found. It depends on the public URL alone.
func metadataOf(base *url.URL) []byte {
	at := func(path string) string {
		u := *base
		u.Path += path
		return u.String()
	}
	text, err := json.Marshal(struct {
		Point       string   `json:"policy_decision_point"`
		Evaluation  string   `json:"access_evaluation_endpoint"`
		Evaluations string   `json:"access_evaluations_endpoint"`
		Subject     string   `json:"search_subject_endpoint"`
		Resource    string   `json:"search_resource_endpoint"`
		Action      string   `json:"search_action_endpoint"`
		Obligations []string `json:"supported_obligations"`
	}{base.String(), at(evaluationPath), at(evaluationsPath), at(subjectPath), at(resourcePath), at(actionPath), []string{custom, notification}})
	if err != nil {
		panic("bad math in metadata: " + err.Error()) // texts can always be written
	}
	return text
}
