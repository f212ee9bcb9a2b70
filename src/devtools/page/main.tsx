import { render } from 'preact';
import { App } from './app.js';
import './page.css';

const root = document.getElementById('app') as HTMLElement;
root.textContent = '';
render(<App />, root);
