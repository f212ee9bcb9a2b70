// The examples of docs/testing.md are tests themselves.
import './examples/testing/module.js';
import './examples/testing/without-module.js';
